/** The window: a text to train on, and what comes of it. */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`There is no ${id}.`);
  return found;
}

const form = element('form', HTMLFormElement);
const text = element('text', HTMLTextAreaElement);
const epochs = element('epochs', HTMLInputElement);
const train = element('train', HTMLButtonElement);
const stop = element('stop', HTMLButtonElement);
const status = element('status', HTMLElement);
const written = element('written', HTMLElement);

/** @param {boolean} running */
function show(running) {
  train.disabled = running;
  stop.disabled = !running;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  written.textContent = '';
  show(true);
  const prompt = Array.from(text.value)[0] ?? '';
  window.trainer.send({ type: 'train', text: text.value, epochs: epochs.valueAsNumber, hidden: 64, prompt });
});

stop.addEventListener('click', () => window.trainer.send({ type: 'stop' }));

window.trainer.onMessage((message) => {
  switch (message.type) {
    case 'progress': {
      const rate = Math.round(message.tokensPerSecond).toLocaleString();
      status.textContent = `step ${message.step + 1}: loss ${message.loss.toFixed(3)}, ${rate} characters/s`;
      break;
    }
    case 'epoch':
      written.textContent = '';
      break;
    case 'text':
      // As text, never as HTML: a model may write anything.
      written.append(message.piece);
      break;
    case 'done':
      status.textContent += ' – done';
      show(false);
      break;
    case 'failed':
      status.textContent = `${message.message} (${message.code})`;
      show(false);
  }
});
