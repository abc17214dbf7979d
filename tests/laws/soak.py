"""The quick profile over sound classifiers, seed after seed: ``make soak``, until one is accused.

It runs for as long as it is told (``--minutes``) and exits 1 on the first violation or crash,
which is then printed with its seed: a defect of the law, or of the classifier.
"""

import argparse
import itertools
import sys
import warnings
from time import perf_counter

from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from probml import classifiers as ours
from probml.laws import LawViolationError, check_probabilistic_classifier

SOUND = [
    LogisticRegression(),
    DecisionTreeClassifier(),
    KNeighborsClassifier(),
    DummyClassifier(),
    QuadraticDiscriminantAnalysis(),
    BernoulliNB(),
    ours.LinearDiscriminantAnalysis(),
    ours.QuadraticDiscriminantAnalysis(),
    ours.GaussianNB(),
    ours.BernoulliNB(),
    ours.MultinomialNB(),
    ours.LogisticRegression(),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--first-seed", type=int, default=1)
    words = parser.parse_args()
    warnings.simplefilter("ignore")
    start, runs = perf_counter(), 0
    for seed in itertools.count(words.first_seed):
        for estimator in SOUND:
            if perf_counter() - start > 60.0 * words.minutes:
                print(f"{runs} runs, seeds {words.first_seed} to {seed}: nothing accused")
                return 0
            try:
                check_probabilistic_classifier(estimator, profile="quick", random_seed=seed)
            except LawViolationError as error:
                print(f"seed {seed}\n{error}")
                return 1
            runs += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
