/// Text that others chose, as a page or a terminal may show it: it can neither steer nor hide what is around it.
package enum PageText {
    /// Control and format characters (bidi overrides among them) become U+FFFD, and so does what is not text at all.
    /// Templates put names into `<bdi>` besides, because letters themselves have a direction.
    package static func shown(_ text: String, longest: Int = 64) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(longest) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                shown.append("\u{FFFD}")
            default: shown.append(scalar)
            }
        }
        if text.unicodeScalars.count > longest { shown.append("…") }
        return String(shown)
    }
}
