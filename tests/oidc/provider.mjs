// A real OpenID provider (oidc-provider) for the end-to-end tests.
//
//   node provider.mjs NODE_MODULES
//
// Listens on a free port of this machine, and says where in its first line: `listening on http://127.0.0.1:PORT`. A client
// `model` with the secret `secret` gets access tokens by the grant client_credentials. Lines on stdin rotate its keys:
// `publish` adds a second key behind the one that signs, `sign` signs with it, `drop` forgets the first. Each is answered
// by a line with the command.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [modules] = process.argv.slice(2);
const library = join(modules, "oidc-provider", "lib", "index.js");
const { Provider } = await import(pathToFileURL(library));

// stdout is for whoever has started this
console.info = console.warn = console.error;

function key(kid) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };
}

const first = key("first");
const second = key("second");

function provider(issuer, keys) {
  const resource = {
    scope: "features",
    audience: "gateway",
    accessTokenFormat: "jwt",
    accessTokenTTL: 600,
    jwt: { sign: { alg: "RS256" } },
  };
  return new Provider(issuer, {
    jwks: { keys },
    clients: [
      {
        client_id: "model",
        client_secret: "secret",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ["features"],
    cookies: { keys: ["of no use here"] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "urn:gateway",
        getResourceServerInfo: () => resource,
        useGrantedResource: () => true,
      },
    },
  }).callback();
}

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  answer = provider(issuer, [first]);
  const steps = { publish: [first, second], sign: [second, first], drop: [second] };
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      answer = provider(issuer, steps[line]);
      console.log(line);
    })
    // whoever has started it is gone
    .on("close", () => process.exit(0));
  console.log(`listening on ${issuer}`);
});
