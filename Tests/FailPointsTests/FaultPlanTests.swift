import Testing

@testable import FailPoints

@Suite("What the environment asks of fail points")
struct FaultPlanTests {
    @Test("Each part names a place, what happens there and at which time; a part that says nothing is left out")
    func rules() {
        let rules = FaultPlan.rules("a.b=kill;c=stop@4;d=stall:250@2;e;f=explode;g=stall:soon;=kill")
        #expect(
            rules == [
                "a.b": .init(action: .kill, time: 1), "c": .init(action: .stop, time: 4),
                "d": .init(action: .stall(milliseconds: 250), time: 2),
            ])
    }

    @Test("Where nothing is asked there is no plan, and a sabotage is on only under its own name")
    func sabotages() throws {
        #expect(FaultPlan([:]) == nil)
        #expect(FaultPlan(["HADIR_FAIL_POINTS": "", "HADIR_SABOTAGE": ""]) == nil)
        let plan = try #require(FaultPlan(["HADIR_SABOTAGE": "one;two"]))
        #expect(plan.sabotages("two"))
        #expect(!plan.sabotages("tw"))
    }
}
