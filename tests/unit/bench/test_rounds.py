from bench.report import Sample
from bench.rounds import Arm, take_turns


async def test_everybody_has_a_turn_in_every_round() -> None:
    turns: list[str] = []
    said: list[str] = []

    def arm(name: str) -> Arm:
        async def turn() -> Sample:
            turns.append(name)
            return Sample(float(len(turns)))

        return Arm(name, "calls/s", turn)

    rows = await take_turns([arm("reference"), arm("ours")], 2, said.append)
    assert turns == ["reference", "ours", "reference", "ours"]
    assert {name: row.values for name, row in rows.items()} == {"reference": (1.0, 3.0), "ours": (2.0, 4.0)}
    assert said[-1] == "round 2 of 2: ours"
