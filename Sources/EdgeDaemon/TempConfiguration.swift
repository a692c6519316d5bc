import Attendance
import ZKClient
import ZKWire
package struct EdgeConfiguration: Sendable, Equatable { package var unit: String; package var timezone: String; package var heartbeat: Duration; package var devices: [DeviceConfiguration] }
package struct DeviceConfiguration: Sendable, Equatable { package var name: String; package var address: DeviceAddress; package var serial: DeviceSerial?; package var commKey: CommKey; package var poll: Duration; package var live: Bool; package var timezone: String; package var clockCorrection: Duration?; package var attendanceOrder16VerifyFirst: Bool; package var looseReplies: Bool }
