import Clibzip
import Foundation

/// Parts of a zip file in memory, each by a name that is asked for: no name in the file ever becomes a path.
final class ZipArchive {
    private let handle: OpaquePointer
    /// Bytes that may still come out. What a part says about its size is not believed.
    private var left: Int

    private static let mostEntries: zip_int64_t = 10_000

    /// - Throws: `TableError`
    init(_ bytes: [UInt8], unpackedBytes: Int) throws {
        left = unpackedBytes
        guard let memory = malloc(max(1, bytes.count)) else { throw TableError("memori tidak cukup") }
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { memcpy(memory, base, source.count) }
        }
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        // libzip frees the memory with its source, and the source with the archive, once it has them.
        guard let source = zip_source_buffer_create(memory, zip_uint64_t(bytes.count), 1, &error) else {
            free(memory)
            throw Self.damaged
        }
        guard let handle = zip_open_from_source(source, ZIP_RDONLY, &error) else {
            zip_source_free(source)
            throw Self.damaged
        }
        self.handle = handle
        guard zip_get_num_entries(handle, 0) <= Self.mostEntries else { throw Self.damaged }
    }

    deinit { zip_discard(handle) }

    /// A part whole; `nil` where the file has none of that name.
    ///
    /// - Throws: `TableError` for damage, a password, or more bytes than are left.
    func part(_ name: String) throws -> [UInt8]? {
        let index = zip_name_locate(handle, name, zip_flags_t(ZIP_FL_NOCASE))
        guard index >= 0 else { return nil }
        guard let file = zip_fopen_index(handle, zip_uint64_t(index), 0) else { throw Self.damaged }
        defer { zip_fclose(file) }
        var part: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 128 << 10)
        while true {
            // Its checksum is compared at the end: a part that changed is an error, not rows.
            let count = Int(zip_fread(file, &buffer, zip_uint64_t(buffer.count)))
            guard count >= 0, count <= buffer.count else { throw Self.damaged }
            if count == 0 { return part }
            left -= count
            guard left >= 0 else {
                throw TableError("isi .xlsx terlalu besar setelah dibuka; bukan daftar biasa, berkas ditolak")
            }
            part.append(contentsOf: buffer.prefix(count))
        }
    }

    static var damaged: TableError {
        TableError("berkas .xlsx rusak, terpotong atau bersandi; salin ulang, atau simpan ulang dari Excel")
    }
}
