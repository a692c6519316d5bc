import TableFiles

/// As exports write it, too.
package typealias CSVText = TableFiles.CSVText
