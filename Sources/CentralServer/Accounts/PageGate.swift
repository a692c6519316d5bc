import CentralPages
import CentralStore
import Foundation
import Hummingbird
import Logging

/// What stands before the pages: their login, their files, and the group that only signed-in people reach.
struct PageGate: Sendable {
    let pages: CentralPages
    let site: Site
    let sessions: SessionService
    let answers: PageAnswers
    private let assets: AssetTable
    private let bodyTime: Duration

    /// - Throws: `CentralError` where the built-in templates cannot be read.
    init(
        store: any CentralStore, site: Site, limits: CentralLimits, derive: PasswordHasher.Derive? = nil,
        tallies: CentralTallies = CentralTallies(), now: @escaping @Sendable () -> Date, logger: Logger
    ) throws(CentralError) {
        do {
            pages = try CentralPages()
        } catch {
            throw CentralError(.configuration, "the pages cannot be made: \(error)")
        }
        self.site = site
        bodyTime = limits.bodyTime
        sessions = SessionService(
            store: store, site: site, limits: limits.signIn, derive: derive, tallies: tallies, now: now,
            logger: logger)
        answers = PageAnswers(pages: pages, site: site)
        assets = AssetTable(folder: site.configuration.assets, logger: logger)
    }

    /// Adds `/masuk`, `/keluar` and `/aset/…`, and refuses all but reading at the paths of pages.
    ///
    /// - Returns: the group of the pages behind the login: there, `context.visitor` is somebody. Forms in it call
    ///   `FormGuard.check` with the visitor's form token.
    /// - Parameter routes: of the group.
    func pages(on router: Router<CentralContext>, _ routes: [PageRoute] = []) -> RouterGroup<CentralContext> {
        let open = router.group().add(middleware: OriginPolicy(site: site))
        LoginRoutes(sessions: sessions, pages: pages, bodyTime: bodyTime).add(to: open)
        open.get("/aset/:name") { [assets] request, context in try assets.answer(request, context) }
        CentralRouter.refuseOthers(than: [.get, .head], at: "/aset/:name", router)
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let methods = Set(routes.map(\.method))
            CentralRouter.refuseOthers(
                than: (methods.contains(.get) ? [.get, .head] : []) + (methods.contains(.post) ? [.post] : []),
                at: "/" + path, router)
        }
        CentralRouter.refuseOthers(than: [.get, .head, .post], at: PagePaths.login, router)
        CentralRouter.refuseOthers(than: [.post], at: PagePaths.logout, router)
        return router.group().add(middleware: OriginPolicy(site: site)).add(
            middleware: SessionPolicy(sessions: sessions))
    }
}
