import PageSupport

extension CentralPages {
    /// A page of slips that is shown once.
    ///
    /// - Parameters:
    ///   - notices: sentences above, which are not printed.
    ///   - next: where to go on; `nil` where nobody is left.
    package func slipPage(
        _ slips: [SlipModel], notices: [String], next: NextSlips? = nil, _ frame: PageFrame
    ) -> String {
        templates.render(
            SlipPageView(
                government: name(frame.government), count: plural(slips.count),
                notices: notices.map { PageText.shown($0, longest: 300) },
                next: next.map { NextView($0, frame) }, slips: slips.map(SlipView.init)),
            with: "slips")
    }

    /// Slips of a file, without what is around them.
    package func slips(_ slips: [SlipModel]) -> String {
        slips.map { templates.render(SlipView($0), with: "slip") }.joined(separator: "\n") + "\n"
    }

    /// A file stands alone: its look is inside.
    package var slipFileStart: String {
        """
        <!doctype html>
        <html lang="id">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>Slip akun hadir</title>
        <style>
        \(String(decoding: PackageResources.slips_css, as: UTF8.self))</style>
        </head>
        <body class="slip-sheet">
        <p class="slip-bar">Cetak, gunting, bagikan dalam amplop tertutup, lalu hapus berkas ini.</p>

        """
    }

    package var slipFileEnd: String { "</body>\n</html>\n" }
}

private struct SlipPageView {
    let government: String
    let count: String
    let notices: [String]
    let next: NextView?
    let slips: [SlipView]
}

private struct NextView {
    let token: String
    let unit: String
    let again: String
    let after: String
    let left: String

    init(_ next: NextSlips, _ frame: PageFrame) {
        token = PageText.shown(frame.formToken, longest: 512)
        unit = PageText.shown(next.unit)
        again = next.again ? "ya" : ""
        after = String(next.after)
        left = plural(next.left)
    }
}

struct SlipView {
    let account: String
    let password: String
    let person: String
    let hasPerson: Bool
    let number: String
    let hasNumber: Bool
    let unit: String
    let address: String
    let days: String

    init(_ slip: SlipModel) {
        account = PageText.shown(slip.account)
        password = PageText.shown(slip.password)
        person = PageText.shown(slip.person, longest: 120)
        hasPerson = !slip.person.isEmpty
        // The account's name says it already, most of the time.
        hasNumber = !slip.number.isEmpty && slip.number != slip.account
        number = PageText.shown(slip.number)
        unit = PageText.shown(slip.unit, longest: 120)
        address = PageText.shown(slip.address, longest: 300)
        days = String(slip.days)
    }
}
