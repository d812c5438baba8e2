from nas.run.words import accuracies, many


def test_a_balanced_accuracy_is_told_where_it_differs() -> None:
    metrics = {"valid_accuracy": 0.9, "valid_balanced_accuracy": 0.904, "test_accuracy": 0.9}
    assert accuracies(metrics) == "valid accuracy 90.00 %, test accuracy 90.00 %"
    told = accuracies({**metrics, "valid_balanced_accuracy": 0.5})
    assert told == "valid accuracy 90.00 %, valid balanced accuracy 50.00 %, test accuracy 90.00 %"
    assert accuracies({"valid_balanced_accuracy": 0.5}) == "valid balanced accuracy 50.00 %"


def test_one_is_not_several() -> None:
    assert [many(count, "trial") for count in (0, 1, 2, 1200)] == ["0 trials", "1 trial", "2 trials", "1,200 trials"]
