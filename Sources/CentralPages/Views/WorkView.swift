import PageSupport

extension CentralPages {
    package func work(_ work: WorkPage, _ frame: PageFrame) -> String {
        let part = PageBody.Part(id: "work", template: "work", view: WorkView(work, token: frame.formToken))
        return page(PageBody(work.place, template: "page-work", parts: [part]), frame)
    }

    /// What offices carried here: `/jaringan/kiriman`.
    package func bundles(_ title: String, _ blocks: [WorkPage.Block], _ frame: PageFrame) -> String {
        work(WorkPage(NetworkPage.bundles.place(frame, title: title), blocks), frame)
    }
}

/// The blocks of a page of work.
struct WorkView {
    struct NoticeView {
        let tone: String
        let text: String
        let lines: [String]
        let hasLines: Bool
        let role: String
    }

    struct TileView {
        let label: String
        let value: String
        let note: String
        let tone: String
        let link: String
    }

    struct BlockView {
        let notice: NoticeView?
        let tiles: [TileView]
        let hasTiles: Bool
        let table: TableView?
        let form: FormView?
    }

    let blocks: [BlockView]

    init(_ page: WorkPage, token: String) {
        var ids = FieldIDs()
        blocks = page.blocks.map { block in
            switch block {
            case .notice(let notice):
                BlockView(
                    notice: NoticeView(
                        tone: notice.tone.rawValue, text: long(notice.text), lines: notice.lines.map(long),
                        hasLines: !notice.lines.isEmpty, role: notice.tone == .bad ? "alert" : "status"),
                    tiles: [], hasTiles: false, table: nil, form: nil)
            case .tiles(let tiles):
                BlockView(
                    notice: nil,
                    tiles: tiles.map { tile in
                        TileView(
                            label: long(tile.label), value: plural(tile.value), note: long(tile.note),
                            tone: tile.tone.rawValue, link: local(tile.link))
                    }, hasTiles: true, table: nil, form: nil)
            case .table(let table):
                BlockView(
                    notice: nil, tiles: [], hasTiles: false, table: TableView(table, token: token, &ids), form: nil)
            case .form(let form):
                BlockView(
                    notice: nil, tiles: [], hasTiles: false, table: nil, form: FormView(form, token: token, &ids))
            }
        }
    }
}

/// No two fields of a page have one id.
struct FieldIDs {
    private var last = 0

    mutating func next() -> String {
        last += 1
        return "isian-\(last)"
    }
}

struct TableView {
    struct Column {
        let title: String
        let isNumber: Bool
    }

    struct Row { let cells: [CellView] }

    struct Link {
        let text: String
        let path: String
    }

    let title: String
    let lead: String
    let hasHead: Bool
    let label: String
    let columns: [Column]
    let rows: [Row]
    let isEmpty: Bool
    let empty: String
    let links: [Link]
    let hasLinks: Bool
    let isFacts: Bool

    init(_ table: WorkPage.Table, token: String, _ ids: inout FieldIDs) {
        title = long(table.title)
        lead = long(table.lead)
        hasHead = !table.title.isEmpty
        label = table.title.isEmpty ? "Isian" : long(table.title)
        columns = table.columns.map { Column(title: long($0.title), isNumber: $0.isNumber) }
        var rows: [Row] = []
        for row in table.rows {
            var cells: [CellView] = []
            for (index, cell) in row.enumerated() where table.columns.indices.contains(index) {
                let column = table.columns[index]  // safe: it is one of its indices
                cells.append(CellView(cell, column, isFirst: index == 0, token: token, &ids))
            }
            rows.append(Row(cells: cells))
        }
        self.rows = rows
        isEmpty = rows.isEmpty
        empty = long(table.empty)
        links = table.links.map { Link(text: long($0.text), path: local($0.path)) }
        hasLinks = !links.isEmpty
        isFacts = table.isFacts
    }
}

struct CellView {
    let isFirst: Bool
    let label: String
    let style: String
    let text: String
    let hasText: Bool
    let link: String
    let isLink: Bool
    let note: String
    let hasNote: Bool
    let pill: Pill?
    let field: FieldView?
    let form: FormView?

    init(
        _ cell: WorkPage.Cell, _ column: WorkPage.Column, isFirst: Bool, token: String, _ ids: inout FieldIDs
    ) {
        self.isFirst = isFirst
        label = long(column.title)
        style = (column.isNumber ? "num" : "") + (cell.depth > 0 ? " depth depth-\(min(cell.depth, 5))" : "")
        text = long(cell.text)
        hasText = cell.pill == nil && !cell.text.isEmpty
        link = local(cell.link ?? "/")
        isLink = cell.link != nil
        note = long(cell.note)
        hasNote = !cell.note.isEmpty
        pill = cell.pill.map { Pill(tone: $0.rawValue, word: long(cell.text)) }
        field = cell.field.map { FieldView($0, ids.next(), isBare: true) }
        form = cell.form.map { FormView($0, token: token, &ids, isSmall: true) }
    }
}

struct FormView {
    struct ButtonView {
        let text: String
        let action: String
        let style: String
    }

    let title: String
    let hasTitle: Bool
    let lead: String
    let hasLead: Bool
    let path: String
    let method: String
    let isSent: Bool
    let isUpload: Bool
    let token: String
    let hidden: [FieldView]
    let fields: [FieldView]
    let tables: [TableView]
    let buttons: [ButtonView]
    let style: String

    init(_ form: WorkPage.Form, token: String, _ ids: inout FieldIDs, isSmall: Bool = false) {
        title = long(form.title)
        hasTitle = !form.title.isEmpty && !isSmall
        lead = long(form.lead)
        hasLead = !form.lead.isEmpty
        path = local(form.path)
        isSent = form.method != .ask
        method = isSent ? "post" : "get"
        isUpload = form.method == .upload
        self.token = PageText.shown(token, longest: 512)
        var hidden: [FieldView] = []
        var fields: [FieldView] = []
        for field in form.fields {
            let view = FieldView(field, ids.next(), isBare: false, isSmall: isSmall)
            if case .hidden = field.kind { hidden.append(view) } else { fields.append(view) }
        }
        self.hidden = hidden
        self.fields = fields
        var tables: [TableView] = []
        for table in form.tables { tables.append(TableView(table, token: token, &ids)) }
        self.tables = tables
        buttons = form.buttons.map { button in
            ButtonView(
                text: long(button.text), action: button.action, style: button.isMain ? "btn-go" : "btn-quiet")
        }
        style = isSmall ? "work-form-small" : form.method == .ask ? "work-form work-ask" : "work-form"
    }
}

struct FieldView {
    struct OptionView {
        let value: String
        let text: String
        let isChosen: Bool
    }

    let id: String
    let name: String
    let label: String
    let value: String
    let type: String
    let autocomplete: String
    let hint: String
    let hasHint: Bool
    let problem: String
    let hasProblem: Bool
    let isNeeded: Bool
    let longest: Int
    let isSelect: Bool
    let isCheck: Bool
    let isFile: Bool
    let isPlain: Bool
    let isClock: Bool
    let isChecked: Bool
    let options: [OptionView]
    /// In a table: the column is the label for eyes, and the label is there for who hears.
    let isBare: Bool
    /// Where there is no room for the label it stands in the field itself, and is there for who hears.
    let isNamedInside: Bool

    init(_ field: WorkPage.Field, _ id: String, isBare: Bool, isSmall: Bool = false) {
        self.id = id
        self.isBare = isBare
        name = PageText.shown(field.name)
        label = long(field.label)
        if case .password(let isNew) = field.kind {
            value = ""
            autocomplete = isNew ? "new-password" : "current-password"
        } else {
            value = PageText.shown(field.value, longest: 2100)
            autocomplete = "off"
        }
        hint = long(field.hint)
        hasHint = !field.hint.isEmpty
        problem = long(field.problem)
        hasProblem = !field.problem.isEmpty
        isNeeded = field.isNeeded
        longest = field.longest
        var options: [OptionView] = []
        switch field.kind {
        case .select(let known):
            type = "select"
            options = known.map { option in
                OptionView(
                    value: PageText.shown(option.value, longest: 200), text: long(option.text),
                    isChosen: option.value == field.value)
            }
        case .date: type = "date"
        case .month: type = "month"
        case .number: type = "number"
        case .file: type = "file"
        case .hidden: type = "hidden"
        case .check: type = "checkbox"
        case .password: type = "password"
        case .text, .clock: type = "text"
        }
        self.options = options
        isSelect = type == "select"
        isCheck = type == "checkbox"
        isFile = type == "file"
        if case .clock = field.kind { isClock = true } else { isClock = false }
        if case .text = field.kind { isNamedInside = isSmall } else { isNamedInside = false }
        isPlain = !isSelect && !isCheck && !isFile && !isClock
        isChecked = isCheck && !field.value.isEmpty
    }
}

/// Sentences are longer than names.
private func long(_ text: String) -> String { PageText.shown(text, longest: 400) }

/// A path of this server and nothing else.
private func local(_ path: String) -> String {
    path.hasPrefix("/") && !path.hasPrefix("//") && !path.hasPrefix("/\\") ? path : "/"
}
