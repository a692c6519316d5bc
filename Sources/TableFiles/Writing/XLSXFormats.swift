import Clibxlsxwriter

/// The looks of cells, made once for a workbook, which owns them.
struct XLSXFormats {
    typealias Format = UnsafeMutablePointer<lxw_format>?

    let title, subtitle, head, strong, plain: Format
    private let body, total: Kinds
    private let codes: [TableTone: Format]

    private struct Kinds {
        let text, number, decimal: Format
    }

    init(_ workbook: UnsafeMutablePointer<lxw_workbook>) {
        func make(_ change: (Format) -> Void) -> Format {
            let format = workbook_add_format(workbook)
            format_set_font_name(format, "Calibri")
            format_set_font_size(format, 9)
            change(format)
            return format
        }
        func cell(_ ground: UInt32?, isBold: Bool = false, _ change: (Format) -> Void = { _ in }) -> Format {
            make { format in
                format_set_border(format, UInt8(LXW_BORDER_THIN.rawValue))
                format_set_border_color(format, 0xB9C5C6)
                format_set_align(format, UInt8(LXW_ALIGN_VERTICAL_CENTER.rawValue))
                if let ground { format_set_bg_color(format, ground) }
                if isBold { format_set_bold(format) }
                change(format)
            }
        }
        func kinds(_ ground: UInt32?, isBold: Bool) -> Kinds {
            Kinds(
                text: cell(ground, isBold: isBold) { format_set_num_format(format: $0, "@") },
                number: cell(ground, isBold: isBold) { format_set_num_format(format: $0, "#,##0") },
                decimal: cell(ground, isBold: isBold) { format_set_num_format(format: $0, "0.00#") })
        }
        title = make { format in
            format_set_bold(format)
            format_set_font_size(format, 13)
        }
        subtitle = make { format_set_font_size($0, 10) }
        strong = make { format_set_bold($0) }
        plain = make { _ in }
        head = cell(0xDCEBE9, isBold: true) { format in
            format_set_text_wrap(format)
            format_set_align(format, UInt8(LXW_ALIGN_CENTER.rawValue))
        }
        body = kinds(nil, isBold: false)
        total = kinds(0xEAEFEF, isBold: true)
        let looks: [(TableTone, ground: UInt32?, ink: UInt32)] = [
            (.plain, nil, 0x12232A), (.off, 0xEAEFEF, 0x51646B), (.warn, 0xFDF0D8, 0x8A5200),
            (.bad, 0xFCE8E6, 0xB3261E), (.open, 0xE1EEF9, 0x1B4F7A),
        ]
        var codes: [TableTone: Format] = [:]
        for look in looks {
            codes[look.0] = cell(look.ground) { format in
                format_set_align(format, UInt8(LXW_ALIGN_CENTER.rawValue))
                format_set_font_size(format, 8)
                format_set_shrink(format)
                format_set_font_color(format, look.ink)
            }
        }
        self.codes = codes
    }

    func format(_ cell: TableCell, _ isTotal: Bool) -> Format {
        let kinds = isTotal ? total : body
        switch cell {
        case .blank, .text, .id: return kinds.text
        case .number: return kinds.number
        case .decimal: return kinds.decimal
        case .code(_, let tone): return codes[tone] ?? kinds.text
        }
    }
}

private func format_set_num_format(format: XLSXFormats.Format, _ text: String) {
    Clibxlsxwriter.format_set_num_format(format, text)
}
