// After npm wrote package-lock.json: no addresses in it (npm finds packages by name, and knows them by their hashes), and in place of
// "latest", which npm ci would ask the registry about, the version that is locked.
const { readFileSync, writeFileSync } = require("node:fs");

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
for (const part of Object.values(lock.packages)) {
    delete part.funding;
    delete part.resolved;
    for (const [name, wanted] of Object.entries(part.dependencies ?? {})) {
        if (wanted === "latest") part.dependencies[name] = lock.packages[`node_modules/${name}`].version;
    }
}
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
