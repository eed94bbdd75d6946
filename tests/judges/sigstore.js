// Judges a proof with code that is not ours: @sigstore/verify, which checks signatures of software.
//
//   node sigstore.js < PROOF
//
// Reads the checkpoint as a signed note, the log's key, and the inclusion proof of an entry, as JSON. Prints what it
// refuses and exits with 1. Run in a folder where package.json is installed.
const crypto = require("node:crypto");
const path = require("node:path");

const installed = path.join(process.cwd(), "node_modules/@sigstore/verify/dist/tlog");
const { verifyCheckpoint } = require(path.join(installed, "checkpoint.js"));
const { verifyMerkleInclusion } = require(path.join(installed, "merkle.js"));

const bytes = (text) => Buffer.from(text, "base64");
const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const publicKey = crypto.createPublicKey({
  key: { kty: "OKP", crv: "Ed25519", x: bytes(given.key).toString("base64url") },
  format: "jwk",
});
const log = { logID: bytes(given.key_id), baseURL: given.name, publicKey };
const entry = {
  canonicalizedBody: bytes(given.entry),
  inclusionProof: {
    logIndex: given.index,
    hashes: given.hashes.map(bytes),
    checkpoint: { envelope: given.checkpoint },
  },
};
try {
  const checkpoint = verifyCheckpoint(entry, [log]);
  verifyMerkleInclusion(entry, checkpoint);
  console.log(`accepted: ${checkpoint.logSize} entries`);
} catch (error) {
  console.log(`refused: ${error.message}`);
  process.exit(1);
}
