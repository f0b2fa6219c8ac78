// Makes a component of a plugin in JavaScript or TypeScript:
//   node build.mjs PLUGIN SDK NODE_MODULES WORK OUT
// PLUGIN is its module, SDK the folder of `salver-transform` that is used where the plugin's folder has none, NODE_MODULES
// where componentize-js and esbuild are installed, WORK a folder of this build.

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [plugin, sdk, modules, work, out] = process.argv.slice(2);
const LOG = 'salver:transform/log@1.0.0';
/** All of them: what is left imports nothing of WASI. */
const FEATURES = ['stdio', 'random', 'clocks', 'http', 'fetch-event'];

/** Modules run in the order in which they are imported: the log is there before the plugin is. An SDK of a plugin's folder may be older. */
async function writeEntry() {
  const index = JSON.stringify(join(sdk, 'index.js'));
  await writeFile(
    join(work, 'connect.js'),
    `import { log } from '${LOG}';
import * as sdk from ${index};
sdk.connect(log);
sdk.guard?.();
`,
  );
  await writeFile(
    join(work, 'entry.js'),
    `import './connect.js';
import ${JSON.stringify(plugin)};
import * as sdk from ${index};
export const { transforms } = sdk;
if (transforms.names().length === 0) throw new Error('there is no transform; call \`transform\` in the plugin');
sdk.seal?.();
`,
  );
}

/** One copy of the SDK, however the plugin names it: it knows the transforms. */
const oneSdk = {
  name: 'one-sdk',
  setup(build) {
    build.onResolve({ filter: /(^|\/)salver-transform(\/index\.js)?$/ }, () => ({ path: join(sdk, 'index.js') }));
  },
};

async function bundle(file) {
  const esbuild = createRequire(join(modules, 'salver.js'))('esbuild');
  await writeEntry();
  await esbuild.build({
    entryPoints: [join(work, 'entry.js')],
    bundle: true,
    external: [LOG],
    format: 'esm',
    logLevel: 'error',
    mainFields: ['module', 'main'],
    nodePaths: [modules],
    outfile: file,
    platform: 'neutral',
    plugins: [oneSdk],
    target: 'es2022',
  });
}

/** Puts the faster `transform` into the generated bindings. */
async function withFastBindings(splicer) {
  const fast = await readFile(new URL('bindings.js', import.meta.url), 'utf8');
  const generate = splicer.spliceBindings;
  splicer.spliceBindings = (...given) => {
    const made = generate(...given);
    const start = made.jsBindings.indexOf('async function export_transforms_1_0_0$transform(');
    const end = made.jsBindings.indexOf(`defineBuiltinModule('${LOG}'`);
    if (start < 0 || end < start) {
      throw new Error('this componentize-js makes other bindings than expected; install @bytecodealliance/componentize-js@0.23.0');
    }
    made.jsBindings = made.jsBindings.slice(0, start) + fast + made.jsBindings.slice(end);
    return made;
  };
}

const home = pathToFileURL(join(modules, '@bytecodealliance', 'componentize-js', '/'));
const { componentize } = await import(new URL('src/componentize.js', home));
const { splicer } = await import(new URL('lib/spidermonkey-embedding-splicer.js', home));
const bundled = join(work, 'bundle.js');
await bundle(bundled);
await withFastBindings(splicer);
process.chdir(work);
const { component } = await componentize({
  sourcePath: bundled,
  witPath: join(work, 'transform.wit'),
  worldName: 'plugin',
  disableFeatures: FEATURES,
});
await writeFile(out, component);
