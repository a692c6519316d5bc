/// Of all programs together: they are built and installed as one.
package enum ProgramVersion {
    package static let text = "0.1.0"
}
