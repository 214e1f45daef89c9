// A real OpenID provider for one test: prints its address, and knows whoever types a name. It ends with its input.
//
// The two arguments: where the client `yuexiang` sends people back to, and whether ID tokens carry the names
// themselves (`plain`) or leave them to the userinfo endpoint (`userinfo`).
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [redirect, claims] = process.argv.slice(2);
const client = (client_id) => ({
  client_id,
  client_secret: `${client_id}-secret-of-at-least-32-characters`,
  redirect_uris: [redirect],
});

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client("yuexiang"), client("other")],
    claims: { profile: ["preferred_username"], email: ["email", "email_verified"] },
    conformIdTokenClaims: claims === "userinfo",
    pkce: { required: () => true },
    ttl: { IdToken: 60 },
    // `a+b` is the subject `a` with the user name `b`; an address counts as verified unless it says otherwise.
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => {
        const [sub, name] = id.split("+");
        const isAddress = name?.includes("@");
        return {
          sub: id,
          preferred_username: isAddress ? sub : name,
          email: isAddress ? name : undefined,
          email_verified: isAddress ? !name.startsWith("unverified") : undefined,
        };
      },
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit());
