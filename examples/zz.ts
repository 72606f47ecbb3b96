import { datasets, TextClassifier, TextVectorizer } from '../src/index';

(async () => {
  const { train: all, test } = await datasets.imdb({ directory: '/work/shared/data' });
  for (const seed of [0, 1, 2, 3]) {
    const { train, validation } = datasets.split(all, { validation: 0.1, seed });
    const vectorizer = await TextVectorizer.adapt(
      train.map((e) => e.text),
      { maxTokens: 5000 },
    );
    const classifier = TextClassifier.create({ vectorizer, classNames: ['neg', 'pos'], seed });
    for await (const e of classifier.fit(train, { validationData: validation, epochs: 4, seed })) {
      const t = await classifier.evaluate(test);
      console.log(
        seed,
        e.epoch,
        e.loss.toFixed(4),
        e.validationLoss?.toFixed(4),
        e.validationAccuracy?.toFixed(4),
        'test',
        t.loss.toFixed(4),
        t.accuracy.toFixed(4),
        e.seconds.toFixed(0),
      );
    }
  }
})();
