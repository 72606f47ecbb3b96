/** What the window may do: send orders to the trainer, and hear from it. It gets nothing else of Electron or Node.js. */

const { contextBridge, ipcRenderer } = require('electron');

/** @type {import('./messages').Trainer} */
const trainer = {
  send: (order) => ipcRenderer.send('trainer', order),
  onMessage: (listener) => {
    ipcRenderer.on('trainer', (_event, message) => listener(message));
  },
};

contextBridge.exposeInMainWorld('trainer', trainer);
