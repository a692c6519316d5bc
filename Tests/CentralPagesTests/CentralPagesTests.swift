import CentralPages
import Testing

@Suite("The centre's pages")
struct CentralPagesTests {
    @Test("What was typed at the login is shown again as text")
    func login() throws {
        let html = try CentralPages().login(LoginForm(government: "Kab. <b>", formToken: "t", account: "\"><script>"))
        #expect(html.contains("Kab. &lt;b&gt;") && html.contains("value=\"&quot;&gt;&lt;script&gt;\""))
    }
}
