import HadirCommands

@main
struct Hadir {
    static func main() async {
        await HadirCommand.start()
    }
}
