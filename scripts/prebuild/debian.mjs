/** Packages of another Debian release than the one that runs here, by apt with lists of its own; the system's are left alone. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, quietly, which } from '../support.mjs';

/** A release that has all that is wanted: OpenBLAS 0.3.29 and musl 1.2.5. */
export const RELEASE = 'trixie';

/**
 * Runs apt-get on the packages of `RELEASE` in a folder.
 * @param kind `deb-src` for sources, `deb` for packages of `architecture`.
 */
export function aptGet(folder, kind, args, architecture = 'amd64') {
  if (!which('apt-get')) throw new Failure('apt-get is missing, which gets packages of Debian.');
  const apt = path.join(folder, 'apt');
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(path.join(apt, part), { recursive: true });
  writeFileSync(path.join(apt, 'sources.list'), `${kind} ${archive()} ${RELEASE} main\n`);
  writeFileSync(path.join(apt, 'status'), '');
  const options = Object.entries({
    'Dir::Etc::SourceList': path.join(apt, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': path.join(apt, 'lists'),
    'Dir::State::Status': path.join(apt, 'status'),
    'Dir::Cache': path.join(apt, 'cache'),
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  for (const words of [['update'], args]) {
    const { ok, output } = quietly('apt-get', [...options, '--quiet', ...words], { cwd: folder });
    if (!ok) throw new Failure(`apt-get ${words.join(' ')} failed:\n${output}`);
  }
}

/** Where apt gets Debian's packages from here. */
function archive() {
  const format = '$(LABEL) $(REPO_URI)';
  const { output } = quietly('apt-get', ['indextargets', '--format', format, 'Component: main']);
  const found = /^Debian (\S+)$/m.exec(output)?.[1];
  if (found === undefined) throw new Failure("apt does not know of Debian's archive here.");
  return found;
}
