/// Text that others chose, as a page or a terminal may show it: it can neither steer nor hide what is around it.
package enum PageText {
    /// No name in any living script stacks more marks on one letter; more of them paint over the lines above and below.
    private static let mostMarks = 4

    /// Control and format characters (bidi overrides among them) become U+FFFD, and so does what is not text at all,
    /// and all marks on one letter behind the fourth together. Templates put names into `<bdi>` besides, because
    /// letters themselves have a direction.
    ///
    /// - Parameter longest: in Unicode scalars; what is cut ends in `…`.
    package static func shown(_ text: String, longest: Int = 64) -> String {
        var shown = String.UnicodeScalarView()
        var marks = 0
        let scalars = text.unicodeScalars
        for scalar in scalars.prefix(max(0, longest)) {
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .spacingMark:
                marks += 1
                if marks <= mostMarks { shown.append(scalar) }
                if marks == mostMarks + 1 { shown.append("\u{FFFD}") }
                continue
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                shown.append("\u{FFFD}")
            default: shown.append(scalar)
            }
            marks = 0
        }
        if scalars.dropFirst(max(0, longest)).isEmpty { return String(shown) }
        shown.append("…")
        return String(shown)
    }
}
