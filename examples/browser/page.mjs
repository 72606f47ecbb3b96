/**
 * A page without a build step: onnxruntime-web runs the models, and `unrolled/text` (text.mjs) knows their vocabularies and draws
 * tokens as unrolled does. `ort/` has two files of onnxruntime-web's `dist`.
 */
import * as ort from './ort/ort.wasm.bundle.min.mjs';
import { drawToken, onnxFacts, tokenProbabilities } from './text.mjs';

ort.env.wasm.wasmPaths = { wasm: new URL('./ort/ort-wasm-simd-threaded.wasm', import.meta.url).href };
ort.env.wasm.numThreads = 1;
// It warns of states that have a default.
ort.env.logLevel = 'error';

const LENGTH = 60;
const SHOWN = 8;

const element = (id) => document.getElementById(id);
const say = (text) => {
  element('status').textContent = text;
};

async function loaded(bytes) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  return { session, facts: onnxFacts(bytes) };
}

/** A row of a table: what it is, and a bar. */
function row(name, probability) {
  const line = document.createElement('tr');
  const [first, second] = [document.createElement('td'), document.createElement('td')];
  first.textContent = name;
  const bar = document.createElement('div');
  bar.className = 'bar';
  bar.style.setProperty('--part', String(probability));
  bar.textContent = `${(100 * probability).toFixed(1)} %`;
  second.append(bar);
  line.append(first, second);
  return line;
}

/** A token as a table shows it. */
const shown = (token) => token.replace(/\n/g, '⏎').replace(/\t/g, '⇥').replace(/^ $/, '␣') || 'the end';

/** A language model, which goes on from the states that it had after each token of a text. */
class Writer {
  #session;
  #text;
  #zero;
  /** What there is after each token that was fed. */
  #trail = [];

  constructor({ session, facts }) {
    this.#session = session;
    this.#text = facts.text;
    this.vocabulary = facts.vocabulary.withUnknown('skip');
    const states = session.inputMetadata.filter(({ name }) => name !== 'ids');
    this.#zero = Object.fromEntries(
      states.map(({ name, shape }) => [name, new ort.Tensor('float32', new Float32Array(shape[1]), [1, shape[1]])]),
    );
    this.sizes = Object.fromEntries(states.map(({ name, shape }) => [name, shape[1]]));
  }

  async #feed(id, states) {
    const ids = new ort.Tensor('int64', BigInt64Array.of(BigInt(id)), [1]);
    const { logits, ...after } = await this.#session.run({ ids, ...states });
    const next = Object.entries(after).map(([name, state]) => [name.replace(/\.next$/, ''), state]);
    return { id, logits: logits.data, states: Object.fromEntries(next) };
  }

  /** What there is after each token of a text; what was fed before is not fed again. */
  async after(text) {
    const ids = [...this.vocabulary.encode(text)];
    const { documents, end, lineEnd } = this.#text;
    if (documents) ids.unshift(end);
    else if (ids.length === 0) ids.push(lineEnd ?? 0);
    let same = 0;
    while (same < ids.length && this.#trail[same]?.id === ids[same]) same++;
    const trail = this.#trail.slice(0, same);
    for (const id of ids.slice(same)) trail.push(await this.#feed(id, trail.at(-1)?.states ?? this.#zero));
    this.#trail = trail;
    return trail;
  }

  /** How a text goes on: what `sample` gives. */
  async continuation(trail, options) {
    const { unknown, end } = this.#text;
    const excluded = unknown === null ? [] : [unknown];
    let last = trail.at(-1);
    const ids = [];
    for (let position = 0; position < LENGTH; position++) {
      const id = drawToken(last.logits, { ...options, position, excluded });
      if (id === end) break;
      ids.push(id);
      last = await this.#feed(id, last.states);
    }
    return this.vocabulary.decode(ids);
  }

  get documents() {
    return this.#text.documents;
  }
}

let writer;
let classifier;

/** Work that the next one of its kind makes needless; one runs at a time. */
function latest(work) {
  let isAsked = false;
  let running;
  return () => {
    isAsked = true;
    running ??= (async () => {
      while (isAsked) {
        isAsked = false;
        await work().catch((error) => say(error.message));
      }
      running = undefined;
    })();
    return running;
  };
}

function showActivations(trail) {
  const state = element('state').value;
  const most = (writer.sizes[state] ?? 1) - 1;
  element('unit').max = String(most);
  const unit = Math.min(most, Math.max(0, Math.floor(Number(element('unit').value)) || 0));
  const ofText = writer.documents ? trail.slice(1) : trail;
  element('activations').replaceChildren(
    ...ofText.map(({ id, states }) => {
      const value = states[state].data[unit];
      const part = document.createElement('span');
      part.textContent = writer.vocabulary.token(id);
      part.title = value.toFixed(3);
      const strength = Math.round(100 * Math.min(1, Math.abs(value)));
      part.style.background = `color-mix(in srgb, var(--${value < 0 ? 'low' : 'high'}) ${strength}%, transparent)`;
      return part;
    }),
  );
}

const write = latest(async () => {
  if (writer === undefined) return;
  const trail = await writer.after(element('prompt').value);
  const { logits } = trail.at(-1);
  const probabilities = [...tokenProbabilities(logits)].map((probability, id) => [id, probability]);
  const best = probabilities.sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  element('next').replaceChildren(...best.map(([id, part]) => row(shown(writer.vocabulary.token(id)), part)));
  showActivations(trail);
  const options = { temperature: Number(element('temperature').value), seed: Number(element('seed').value) };
  element('continuation').textContent = await writer.continuation(trail, options);
});

const classify = latest(async () => {
  if (classifier === undefined) return;
  const { session, facts } = classifier;
  const { vocabulary, vectorizer, classes, text } = facts;
  const ids = [...(vectorizer?.encode(element('text').value) ?? vocabulary.encode(element('text').value))];
  if (ids.length === 0) {
    element('classes').replaceChildren();
    return;
  }
  const { logits } = await session.run({
    ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [ids.length, 1]),
    lengths: new ort.Tensor('int64', BigInt64Array.of(BigInt(ids.length)), [1]),
  });
  const second = 1 / (1 + Math.exp(-logits.data[0]));
  const probabilities = text.probabilities === 'sigmoid' ? [1 - second, second] : [...tokenProbabilities(logits.data)];
  element('classes').replaceChildren(...probabilities.map((part, i) => row(String(classes[i]), part)));
});

async function take(kind, bytes) {
  const model = await loaded(bytes);
  const isWriter = model.facts.text?.kind === 'language-model' && model.session.inputNames.includes('ids');
  const isClassifier = model.facts.classes !== undefined && model.session.inputNames.includes('lengths');
  if (kind === 'language' ? !isWriter : !isClassifier) {
    throw new Error(
      kind === 'language'
        ? 'This is no language model of the form step, as unrolled export writes it.'
        : 'This is no classifier of the form lengths, as unrolled export writes it.',
    );
  }
  if (kind === 'classifier') {
    classifier = model;
    await classify();
    return;
  }
  writer = new Writer(model);
  const states = Object.keys(writer.sizes).map((name) => new Option(name, name));
  element('state').replaceChildren(...states);
  await write();
}

for (const id of ['prompt', 'temperature', 'seed', 'state', 'unit']) element(id).addEventListener('input', write);
element('text').addEventListener('input', classify);
element('take').addEventListener('click', () => {
  element('prompt').value += element('continuation').textContent;
  write();
});
for (const kind of ['language', 'classifier']) {
  element(`${kind}-file`).addEventListener('change', async ({ target }) => {
    const [file] = target.files;
    if (file === undefined) return;
    await file
      .arrayBuffer()
      .then((bytes) => take(kind, bytes))
      .then(() => say(`${file.name} is loaded.`))
      .catch((error) => say(error.message));
  });
}

/** The models that lie beside the page. */
async function begin() {
  const found = [];
  for (const [kind, name] of [
    ['language', 'language-model.onnx'],
    ['classifier', 'classifier.onnx'],
  ]) {
    const response = await fetch(name);
    if (!response.ok) continue;
    await take(kind, await response.arrayBuffer());
    found.push(name);
  }
  say(found.length > 0 ? `Loaded ${found.join(' and ')}.` : 'Choose a model that unrolled export wrote.');
}

await begin().catch((error) => say(error.message));
