// Gives every file of SITE/pkg a name with a hash of its content, writes SITE/manifest.json, and for a
// release puts a brotli and a gzip copy beside each file.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [site, mode] = process.argv.slice(2);
const folder = join(site, "pkg");
const compressible = new Set([".css", ".js", ".json", ".svg", ".txt", ".wasm"]);

function hashed(name) {
  const digest = createHash("sha256").update(readFileSync(join(folder, name))).digest("hex");
  const extension = extname(name);
  return `${basename(name, extension)}.${digest.slice(0, 12)}${extension}`;
}

const manifest = {};
for (const name of readdirSync(folder).filter((name) => compressible.has(extname(name)))) {
  manifest[name] = hashed(name);
  renameSync(join(folder, name), join(folder, manifest[name]));
}

if (mode === "release") {
  const files = [
    ...readdirSync(folder).map((name) => join(folder, name)),
    ...readdirSync(site).map((name) => join(site, name)),
  ];
  for (const file of files.filter((file) => compressible.has(extname(file)))) {
    const content = readFileSync(file);
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
    writeFileSync(`${file}.br`, brotliCompressSync(content, quality));
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
}
writeFileSync(join(site, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
