// npm's json5 in the form of reader.c.
'use strict';
const JSON5 = require('json5');
const input = require('fs').readFileSync(0);

function hex(s) {
	return Buffer.from(s, 'utf8').toString('hex');
}

function put(v) {
	if (v === null)
		return 'n';
	if (typeof v === 'boolean')
		return v ? 't' : 'f';
	if (typeof v === 'number') {
		const b = Buffer.alloc(8);
		b.writeDoubleBE(v);
		return Number.isNaN(v) ? '#nan' : '#' + b.toString('hex');
	}
	if (typeof v === 'string')
		return '"' + hex(v);
	if (Array.isArray(v))
		return '[' + v.map(put).join(',') + ']';
	const members = Object.keys(v).map(k => [hex(k), v[k]]);
	members.sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
	return '{' + members.map(m => m[0] + ':' + put(m[1])).join(',') + '}';
}

const lines = [];
for (let at = 0; at < input.length;) {
	const n = input.readUInt32LE(at);
	const text = input.toString('utf8', at + 4, at + 4 + n);
	at += 4 + n;
	try {
		lines.push(put(JSON5.parse(text)));
	} catch (e) {
		lines.push('! ' + String(e.message).split('\n')[0]);
	}
}
process.stdout.write(lines.join('\n') + '\n');
