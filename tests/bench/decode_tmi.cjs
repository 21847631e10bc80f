// decode_tmi.cjs - the yardstick of bench_decode: the same tagged line through tmi.js, in the same minute.
// usage: npm install tmi.js@1.8 (in a folder of its own), then: NODE_PATH=…/node_modules node decode_tmi.cjs
"use strict";
const parser = require("tmi.js/lib/parser");
const tmi = require("tmi.js");

const line = "@badge-info=subscriber/14;badges=moderator/1,subscriber/12;client-nonce=6f1a0d;color=#1E90FF;"
    + "display-name=Niloufar;emotes=25:0-4;first-msg=0;flags=;id=7f1c2a54-0b7e-4a51-9d52-2f4d1d0e9a11;mod=1;"
    + "returning-chatter=0;room-id=700100200;subscriber=1;tmi-sent-ts=1795312845123;turbo=0;user-id=510220330;"
    + "user-type=mod :niloufar!niloufar@niloufar.tmi.twitch.tv PRIVMSG #barg_e_sabz :Kappa این آهنگ what does this "
    + "song mean to you? And will there be another one tonight";

function bestNs(work) {
    let best = Infinity;
    for (let run = 0; run < 10; run++) {
        const rounds = 100000, start = process.hrtime.bigint();
        for (let i = 0; i < rounds; i++)
            work();
        best = Math.min(best, Number(process.hrtime.bigint() - start) / rounds);
    }
    return best;
}

const client = new tmi.Client({channels: ["barg_e_sabz"]});
client.log = {info() {}, warn() {}, error() {}};
let length = 0;
client.on("message", (channel, tags, text) => { length += text.length; });
console.log(`tmi_parse ${bestNs(() => { length += parser.msg(line).params.length; }).toFixed(0)} ns`);
console.log(`tmi_decode ${bestNs(() => client.handleMessage(parser.msg(line))).toFixed(0)} ns`);
if (length === 0)
    process.exit(1);
