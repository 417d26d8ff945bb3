"""Print how much the masking of texts misses and how much it takes out for nothing, and what it costs."""

import sys
import timeit
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.masked_texts import by_hand, made, score

from huajie.core.masking import known_of, mask


def main() -> None:
    """Print the rows of docs/masking.md, every text that went wrong, and microseconds a text."""
    sets = {"hand-written hard cases": by_hand(), "made, seed 20261125": list(made(20_000))}
    for name, cases in sets.items():
        found = score(cases)
        print(found.line(name))
        for text in found.missed_texts[:30]:
            print("  missed:", text)
        for text in found.false_texts[:30]:
            print("  for nothing:", text)
    texts = [one.text for one in sets["made, seed 20261125"]]
    known = known_of({"name": "张三丰", "phone": "13800138000"})
    took = timeit.timeit(lambda: [mask(text, known) for text in texts], number=3) / 3 / len(texts)
    print(f"{took * 1e6:.0f} microseconds a text of {sum(map(len, texts)) / len(texts):.0f} characters on average")


if __name__ == "__main__":
    main()
