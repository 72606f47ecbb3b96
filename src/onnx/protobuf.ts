/** The writer of protocol buffers. The build puts it into this module (`scripts/build.mjs`), so no package is installed for it. */

export { PbfWriter } from 'pbf';
