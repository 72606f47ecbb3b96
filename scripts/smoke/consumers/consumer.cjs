const { check } = require('./check.cjs');

check(require('unrolled'), 'CommonJS');
