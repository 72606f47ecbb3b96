#!/usr/bin/env node
/** The command `unrolled`. */

import { run } from './program';

run();
