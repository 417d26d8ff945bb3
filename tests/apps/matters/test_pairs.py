"""The index of pairs proposes every text that holds the query, in Chinese and English."""

from hypothesis import given
from hypothesis import strategies as st

from huajie.apps.matters.search import grams, query_grams, runs

chinese = st.text(alphabet="井盖破损噪声扰民欠薪土地", min_size=1, max_size=12)
mixed = st.lists(
    st.one_of(chinese, st.sampled_from(["12345", "pipe", "A座", "，", " ", "。"])), min_size=1, max_size=6
).map("".join)


def test_pairs_by_hand() -> None:
    assert grams("井盖破了 No. 7") == "井盖 盖破 破了 了 no 7"
    assert query_grams("井盖破") == [["井盖", "盖破"]]
    assert query_grams("井") == [["井"]]
    assert query_grams("Pipe 漏水") == [["pipe"], ["漏水"]]
    assert runs("，。 ") == []


@given(mixed, st.data())
def test_whatever_stands_in_a_run_of_the_text_is_proposed(text: str, data: st.DataObject) -> None:
    """
    Any piece of a Chinese run is found: its pairs stand next to each other in the index, a single character begins
    one.
    """
    for run in runs(text):
        if run.isascii():
            assert run in grams(text).split()
            continue
        start = data.draw(st.integers(0, len(run) - 1))
        end = data.draw(st.integers(start + 1, len(run)))
        index = grams(text)
        for wanted in query_grams(run[start:end]):
            if len(wanted) == 1 and len(wanted[0]) == 1:
                assert any(gram.startswith(wanted[0]) for gram in index.split())
            else:
                assert f" {' '.join(wanted)} " in f" {index} "
