/** The launcher of MPI by the environments that launchers make. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type Launcher, launcherOf, librariesOf } from '../../../src/native/distributed/launcher';

type Environment = Record<string, string>;

const OPEN_MPI: Environment = {
  OMPI_COMM_WORLD_RANK: '1',
  OMPI_COMM_WORLD_SIZE: '4',
  OMPI_COMM_WORLD_LOCAL_RANK: '1',
  OMPI_COMM_WORLD_LOCAL_SIZE: '2',
  PMIX_RANK: '1',
  PMIX_NAMESPACE: '756547585',
};
const HYDRA: Environment = { PMI_RANK: '3', PMI_SIZE: '4', MPI_LOCALRANKID: '1', MPI_LOCALNRANKS: '2', PMI_FD: '8' };
const SRUN: Environment = {
  SLURM_PROCID: '2',
  SLURM_NTASKS: '4',
  SLURM_STEP_NUM_TASKS: '4',
  SLURM_LOCALID: '0',
  SLURM_STEP_TASKS_PER_NODE: '2(x2)',
};

const CASES: readonly [what: string, Environment, Launcher | undefined][] = [
  ['nothing', {}, undefined],
  ["Open MPI's mpirun", OPEN_MPI, { kind: 'Open MPI', rank: 1, size: 4, localRank: 1, localSize: 2 }],
  ["MPICH's hydra", HYDRA, { kind: 'MPICH', rank: 3, size: 4, localRank: 1, localSize: 2 }],
  [
    "Intel MPI's mpirun",
    { ...HYDRA, I_MPI_ROOT: '/opt/intel/mpi', I_MPI_MPIRUN: 'mpirun' },
    { kind: 'MPICH', rank: 3, size: 4, localRank: 1, localSize: 2 },
  ],
  [
    'mpirun_rsh of MVAPICH',
    {
      MV2_COMM_WORLD_RANK: '0',
      MV2_COMM_WORLD_SIZE: '2',
      MV2_COMM_WORLD_LOCAL_RANK: '0',
      MV2_COMM_WORLD_LOCAL_SIZE: '1',
    },
    { kind: 'MPICH', rank: 0, size: 2, localRank: 0, localSize: 1 },
  ],
  [
    'srun --mpi=pmi2',
    { ...SRUN, PMI_RANK: '2', PMI_SIZE: '4', PMI_FD: '9' },
    { kind: 'Slurm', rank: 2, size: 4, localRank: 0, plugin: 'pmi2' },
  ],
  [
    'srun --mpi=pmix',
    { ...SRUN, PMIX_RANK: '2', PMIX_NAMESPACE: 'slurm.pmix.7.0' },
    { kind: 'Slurm', rank: 2, size: 4, localRank: 0, plugin: 'pmix' },
  ],
  ['srun without a plug-in', SRUN, { kind: 'Slurm', rank: 2, size: 4, localRank: 0, plugin: 'none' }],
  [
    "Open MPI's mpirun in a job of Slurm",
    { ...SRUN, ...OPEN_MPI },
    { kind: 'Open MPI', rank: 1, size: 4, localRank: 1, localSize: 2 },
  ],
  [
    "MPICH's hydra in a batch script of Slurm",
    { SLURM_JOB_ID: '7', SLURM_NTASKS: '4', SLURM_PROCID: '0', ...HYDRA },
    { kind: 'MPICH', rank: 3, size: 4, localRank: 1, localSize: 2 },
  ],
  [
    'a batch script of Slurm',
    { SLURM_JOB_ID: '7', SLURM_NTASKS: '4', SLURM_PROCID: '0', SLURM_LOCALID: '0' },
    undefined,
  ],
  ['a launcher that speaks PMIx alone', { PMIX_RANK: '0', PMIX_NAMESPACE: 'x' }, { kind: 'PMIx', rank: 0 }],
  ['a rank that is no number', { PMI_RANK: 'x', PMI_SIZE: '4' }, undefined],
  ['a rank without a size', { OMPI_COMM_WORLD_RANK: '0' }, undefined],
];

describe('the launcher', () => {
  for (const [what, env, expected] of CASES) {
    it(`is known in the environment of ${what}`, () => assert.deepEqual(launcherOf(env), expected));
  }

  it('is needed: without one, or without what it tells its tasks, no library of MPI is opened', async function () {
    if (process.platform !== 'linux') this.skip();
    for (const [env, fault] of [
      [{}, 'No launcher of MPI has started this process'],
      [SRUN, 'srun has not told its tasks of each other'],
    ] as const) {
      const body = `
        const { openGroup } = require('./lib/native/distributed/group.js');
        openGroup({ onWarning() {} }).catch(({ code, fault }) => {
          const maps = require('node:fs').readFileSync('/proc/self/maps', 'utf8');
          console.log([code, fault, /libmpi|libopen-rte|libpmi/.test(maps)].join('|'));
        });`;
      const stdout = execFileSync(process.execPath, ['-e', body], { env });
      assert.equal(String(stdout).trim(), `ERR_UNROLLED_MPI|${fault}|false`);
    }
  });

  it('tells which libraries are tried: beside itself first, then by name, its own kind first', () => {
    const launcher = (env: Environment) => launcherOf(env) ?? assert.fail();
    const nothing = () => false;
    assert.deepEqual(librariesOf(launcher(OPEN_MPI), {}, '/usr/bin/orterun', nothing), ['libmpi.so.40']);
    const mpich = ['libmpi.so.12', 'libmpich.so.12', 'libmpi_abi.so.1'];
    assert.deepEqual(librariesOf(launcher(HYDRA), {}, undefined, nothing), mpich);
    const srun = (env: Environment) => librariesOf(launcher({ ...SRUN, ...env }), {}, undefined, nothing);
    assert.deepEqual(srun({ PMI_RANK: '2' }), [...mpich, 'libmpi.so.40']);
    assert.deepEqual(srun({ PMIX_RANK: '2' }), ['libmpi.so.40', ...mpich]);
    const files = ['/env/lib/libmpi.so.12', '/opt/impi/lib/release/libmpi.so.12'];
    const exists = (file: string) => files.includes(file);
    assert.deepEqual(librariesOf(launcher(HYDRA), {}, '/env/bin/mpiexec', exists), [files[0], ...mpich]);
    assert.deepEqual(librariesOf(launcher(HYDRA), { I_MPI_ROOT: '/opt/impi' }, '/env/bin/mpiexec', exists), [
      files[1],
      files[0],
      ...mpich,
    ]);
  });
});
