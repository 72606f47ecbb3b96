import * as unrolled from 'unrolled';
import { Corpus, type Evaluation, type Info, LanguageModel, layers, Model, UnrolledError } from 'unrolled';
import { check } from './check.cjs';

// What the types promise, and what they refuse: each line that is expected to be an error must be one.
const corpus: Corpus = Corpus.fromText('hello, hello');
const model: LanguageModel = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'gru', hidden: 8 });
const evaluation: Promise<Evaluation> = model.evaluate(corpus);
const kernels: Info['kernels'] = unrolled.info().kernels;
const network: Model = Model.create({
  input: { kind: 'ids', vocabulary: 3 },
  layers: [layers.embedding(4), layers.gru(4)],
});
const data: Promise<Float32Array | Float64Array> = network.predict([[1, 2]]).then((tensor) => tensor.data);
// @ts-expect-error no such cell
const cell = () => LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'transformer' });
// @ts-expect-error no such option
const option = () => LanguageModel.create({ vocabulary: corpus.vocabulary, hiden: 8 });
// @ts-expect-error a code is one of a closed list
const code = (error: UnrolledError) => error.code === 'ERR_UNROLLED_NO_SUCH_CODE';

async function main(): Promise<void> {
  const { loss } = await evaluation;
  if (!(loss > 0) || kernels === '' || (await data).length === 0) throw new Error('an evaluation is empty');
  for (const bad of [cell, option]) {
    try {
      bad();
    } catch (error) {
      if (error instanceof UnrolledError && !code(error)) continue;
    }
    throw new Error('a bad option was taken');
  }
  await check(unrolled, 'TypeScript');
}

main();
