/** What is collected from a model for its report agrees with the model. */

import assert from 'node:assert/strict';
import { Corpus, LanguageModel, type Model } from '../../src/index';
import {
  collectActivations,
  collectGradientByStep,
  inspectLanguageModel,
  renderReport,
  TrainingRecorder,
} from '../../src/report';

const TEXT = 'one day, two days';

function language(options: Partial<Parameters<typeof LanguageModel.create>[0]> = {}): LanguageModel {
  const { vocabulary } = Corpus.fromText(TEXT);
  return LanguageModel.create({ vocabulary, cell: 'lstm', embedding: 5, hidden: 6, dtype: 'float64', ...options });
}

function norm(values: ArrayLike<number>): number {
  return Math.hypot(...Array.from(values));
}

describe('activations', () => {
  it('are the outputs of each layer over the text', async () => {
    using model = language({ layers: 2 });
    const collected = await collectActivations(model, TEXT);
    assert.deepEqual(
      collected.map(({ layer }) => layer),
      ['rnn layer 1 (lstm)', 'rnn layer 2 (lstm)'],
    );
    const ids = model.vocabulary.encode(TEXT);
    const { output, states } = await model.model.forward({
      ids: { dtype: 'int32', shape: [ids.length, 1], data: ids },
    });
    for (const [level, { tokens, units }] of collected.entries()) {
      assert.equal(tokens.join(''), TEXT);
      assert.deepEqual(Array.from(units.at(-1) ?? []), Array.from(states[`rnn.h_l${level}`]?.data ?? []));
    }
    // Under the head's weights the last layer's outputs are the model's.
    const { 'head.weight': weight, 'head.bias': bias } = await model.parameters();
    const [last] = [collected[1]?.units[3] as ArrayLike<number>];
    const logit = Array.from(last).reduce(
      (sum, value, unit) => sum + value * (weight?.data[unit] ?? 0),
      bias?.data[0] ?? 0,
    );
    assert.ok(Math.abs(logit - (output.data[3 * model.vocabulary.size] as number)) < 1e-12);
  });

  it('need a text with tokens of the vocabulary', async () => {
    using model = language();
    await assert.rejects(collectActivations(model, ''), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'text' });
    await assert.rejects(collectActivations(model, 'Q'), { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
  });
});

describe('the gradient by time step', () => {
  it('is the derivative of the last loss by each state', async () => {
    using model = language();
    const { series } = await collectGradientByStep(model, TEXT);
    assert.deepEqual(
      series.map(({ label, norms }) => [label, norms.length]),
      [
        ['rnn.h_l0', TEXT.length - 2],
        ['rnn.c_l0', TEXT.length - 2],
      ],
    );
    // Against differences of the loss, for the cell state after the sixth token.
    const ids = model.vocabulary.encode(TEXT);
    const loss = async (states: Parameters<Model['forward']>[0]['states'] & object) => {
      const rest = ids.slice(6, -1);
      const { output } = await model.model.forward({
        ids: { dtype: 'int32', shape: [rest.length, 1], data: rest },
        states,
      });
      const last = Array.from(output.data.slice(-model.vocabulary.size));
      const total = Math.log(last.reduce((sum, logit) => sum + Math.exp(logit), 0));
      return total - (last[ids.at(-1) as number] as number);
    };
    const before = ids.slice(0, 6);
    const { states } = await model.model.forward({ ids: { dtype: 'int32', shape: [6, 1], data: before } });
    const { 'rnn.c_l0': cell } = states;
    assert.ok(cell !== undefined);
    const gradient: number[] = [];
    for (let unit = 0; unit < 6; unit++) {
      const moved = (by: number) => ({
        ...states,
        'rnn.c_l0': { ...cell, data: cell.data.map((value, index) => value + (index === unit ? by : 0)) },
      });
      gradient.push(((await loss(moved(1e-5))) - (await loss(moved(-1e-5)))) / 2e-5);
    }
    assert.ok(Math.abs(norm(gradient) - (series[1]?.norms[5] as number)) < 1e-8);
  });

  it('needs three tokens', async () => {
    using model = language();
    await assert.rejects(collectGradientByStep(model, 'on'), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'text' });
  });
});

describe('the inspection of a language model', () => {
  it('is drawn, and looks at the beginning of a long text alone', async () => {
    using model = language();
    const parts = await inspectLanguageModel(model, TEXT.repeat(60));
    assert.equal(parts.activations[0]?.tokens.length, 600);
    assert.equal(parts.gradientByStep.series[0]?.norms.length, 63);
    const page = renderReport({ title: 'inspected', ...parts });
    for (const id of ['activations', 'gradient', 'model']) assert.ok(page.includes(`<section id="${id}"`), id);
  });
});

describe('the recorder of a training', () => {
  it('notes every epoch, every step and the samples', async () => {
    const corpus = Corpus.fromText(TEXT.repeat(30));
    using model = language({ hidden: 4 });
    const recorder = new TrainingRecorder();
    recorder.addSample('before any epoch');
    assert.deepEqual(recorder.parts(), {});
    const losses: number[] = [];
    for await (const epoch of model.fit(corpus, { epochs: 2, batch: 2, window: 8, validation: 0.2 })) {
      recorder.add(epoch, { learningRate: 0.1 });
      recorder.addSample(`sample ${epoch.epoch}`);
      losses.push(...epoch.stepLosses);
    }
    const { history = [], steps, samples } = recorder.parts();
    assert.deepEqual(
      history.map(({ epoch, step, learningRate }) => [epoch, step, learningRate]),
      [
        [0, losses.length / 2 - 1, 0.1],
        [1, losses.length - 1, 0.1],
      ],
    );
    assert.ok(history.every(({ validationLoss = 0 }) => validationLoss > 0));
    assert.deepEqual(Array.from(steps?.loss ?? []), losses);
    assert.deepEqual(samples?.[1], { epoch: 1, step: losses.length - 1, text: 'sample 1' });
    assert.match(renderReport({ title: 'recorded', ...recorder.parts() }), /id="chart-step-loss"/);
  });
});
