// WebSocket cases in the manner of the Autobahn test suite, played by the npm package "ws" on both ends.
//   node websocket-cases.js server                 prints PORT n; echoes; GET /closed/ID tells how a connection ended
//   node websocket-cases.js client RUN URL SERVER  plays every case at URL and prints one line of JSON for each: what the
//                                                  client saw, and what the server (asked directly) saw
'use strict';
const crypto = require('crypto');
const http = require('http');
const path = require('path');
const { WebSocket, WebSocketServer } = require(path.join(process.env.WS_MODULES, 'ws'));

const DEFLATE = { threshold: 0 };
const MAX = 64 * 1024 * 1024;

function digest(data) {
  return data.length + ':' + crypto.createHash('sha1').update(data).digest('hex');
}

function serve() {
  const closed = {};
  const server = http.createServer((request, response) => {
    const result = closed[request.url];
    response.writeHead(result === undefined ? 404 : 200);
    response.end(JSON.stringify(result));
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: DEFLATE, maxPayload: MAX });
  sockets.on('connection', (ws, request) => {
    let error = null;
    ws.on('error', (e) => { error = e.code; });
    ws.on('close', (code, reason) => {
      closed['/closed' + request.url] = { code, reason: reason.toString('utf8'), error };
    });
    ws.on('message', (data, binary) => {
      const text = binary || data.length > 400 ? '' : data.toString();
      if (text.startsWith('raw:')) {
        ws._socket.write(Buffer.from(text.slice(4), 'hex'));
      } else if (text === 'terminate') {
        ws.terminate();
      } else if (text.startsWith('close:')) {
        ws.close(Number(text.slice(6)), 'as asked');
      } else if (text === 'ping') {
        ws.ping('are you there');
      } else {
        ws.send(data, { binary });
      }
    });
  });
  server.listen(0, '127.0.0.1', () => console.log('PORT ' + server.address().port));
}

/** A frame as bytes, right or wrong. */
function frame({ fin = 1, rsv = 0, op, payload = Buffer.alloc(0), masked = true, length }) {
  const size = payload.length;
  const form = length || (size < 126 ? 7 : size < 65536 ? 16 : 64);
  const head = Buffer.alloc(form === 7 ? 2 : form === 16 ? 4 : 10);
  head[0] = (fin << 7) | (rsv << 4) | op;
  const bit = masked ? 0x80 : 0;
  if (form === 7) {
    head[1] = bit | size;
  } else if (form === 16) {
    head[1] = bit | 126;
    head.writeUInt16BE(size, 2);
  } else {
    head[1] = bit | 127;
    head.writeBigUInt64BE(BigInt(size), 2);
  }
  if (!masked) {
    return Buffer.concat([head, payload]);
  }
  const mask = Buffer.from([0x11, 0xa2, 0x33, 0xc4]);
  const body = Buffer.from(payload);
  for (let i = 0; i < body.length; i++) {
    body[i] ^= mask[i & 3];
  }
  return Buffer.concat([head, mask, body]);
}

/** The same bytes each time. */
function bytes(size, seed) {
  const data = Buffer.alloc(size);
  let x = seed + 1;
  for (let i = 0; i < size; i++) {
    x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
    data[i] = x >> 16;
  }
  return data;
}

/** Text of so many octets, with characters of one to four of them. */
function text(size) {
  const some = Buffer.from('a\u00e9\u20ac\u{1f600}'.repeat(Math.ceil(size / 10)));
  let end = size;
  while (end > 0 && end < some.length && (some[end] & 0xc0) === 0x80) {
    end--;
  }
  return some.subarray(0, end).toString() + '.'.repeat(size - end);
}

const cases = [];
function add(name, play, options = {}) {
  cases.push({ name, play, options });
}

/** Sends, waits for as many answers, and closes. */
function echo(name, messages, options) {
  add(name, (ws, seen) => {
    let left = messages.length;
    ws.on('message', () => {
      if (--left === 0) {
        ws.close(1000, 'done');
      }
    });
    messages.forEach((message) => ws.send(message));
  }, options);
}

/** Writes bytes as they are. */
function raw(name, ...frames) {
  add(name, (ws) => frames.forEach((one) => ws._socket.write(one)));
}

/** Has the server write bytes as they are. */
function rawOfServer(name, ...frames) {
  add(name, (ws) => ws.send('raw:' + Buffer.concat(frames).toString('hex')));
}

for (const deflate of [false, true]) {
  const kind = deflate ? 'deflated ' : '';
  for (const size of [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20]) {
    echo(`${kind}text of ${size}`, [text(size)], { deflate });
    echo(`${kind}binary of ${size}`, [bytes(size, size)], { deflate });
  }
  echo(`${kind}binary of 16 MiB`, [bytes(16 << 20, 1)], { deflate });
  echo(`${kind}zeros of 16 MiB`, [Buffer.alloc(16 << 20)], { deflate });
  echo(`${kind}1000 messages in order`, Array.from({ length: 1000 }, (_, i) => bytes(i % 200, i)), { deflate });
  for (const piece of [1, 64, 4096, 65536]) {
    add(`${kind}fragments of ${piece}`, (ws) => {
      ws.on('message', () => ws.close(1000));
      const whole = bytes(Math.min(piece * 100, 1 << 20), piece);
      for (let at = 0; at < whole.length; at += piece) {
        ws.send(whole.subarray(at, at + piece), { fin: at + piece >= whole.length, binary: true });
        if (!deflate && at % (piece * 10) === 0) {
          ws.ping('between');
        }
      }
    }, { deflate });
  }
}
add('deflate without context takeover', (ws) => {
  ws.on('message', () => ws.close(1000));
  ws.send(text(5000));
}, { deflate: { threshold: 0, clientNoContextTakeover: true, serverNoContextTakeover: true } });

for (const size of [0, 1, 124, 125]) {
  add(`ping of ${size}`, (ws) => {
    ws.on('pong', () => ws.close(1000));
    ws.ping(bytes(size, size));
  });
}
add('ten pings', (ws) => {
  let left = 10;
  ws.on('pong', () => { if (--left === 0) ws.close(1000); });
  for (let i = 0; i < 10; i++) {
    ws.ping('ping ' + i);
  }
});
add('an unasked pong, then a message', (ws) => {
  ws.on('message', () => ws.close(1000));
  ws.pong('nobody asked');
  ws.send('hello');
});
add('a ping of the server', (ws) => {
  ws.on('ping', () => ws.close(1000));
  ws.send('ping');
});

// Octet by octet, and all in one write.
raw('a frame octet by octet', ...Array.from(frame({ op: 1, payload: Buffer.from('slowly') }), (b) => Buffer.from([b])),
  frame({ op: 8, payload: Buffer.from([3, 232]) }));
raw('many frames in one write', Buffer.concat([
  ...Array.from({ length: 50 }, (_, i) => frame({ op: 2, payload: bytes(i, i) })),
  frame({ op: 8, payload: Buffer.from([3, 232]) })]));

for (const rsv of [1, 2, 3, 4, 5, 6, 7]) {
  raw(`reserved bits ${rsv}`, frame({ op: 1, rsv, payload: Buffer.from('x') }));
}
for (const op of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  raw(`reserved opcode ${op}`, frame({ op, payload: Buffer.from('x') }));
}
raw('a ping of 126', frame({ op: 9, payload: bytes(126, 0) }));
raw('a fragmented ping', frame({ op: 9, fin: 0 }), frame({ op: 0 }));
raw('a continuation without a message', frame({ op: 0, payload: Buffer.from('x') }));
raw('a message within a message', frame({ op: 1, fin: 0, payload: Buffer.from('a') }), frame({ op: 1, payload: Buffer.from('b') }));
raw('not masked', frame({ op: 1, payload: Buffer.from('x'), masked: false }));
raw('an echo, then a reserved opcode', frame({ op: 1, payload: Buffer.from('first') }), frame({ op: 3 }));

const UTF8 = {
  'a character in two fragments': ['f09f', '9880', true],
  'a lone continuation octet': ['80', '', false],
  'an overlong form': ['c0af', '', false],
  'a surrogate': ['eda080', '', false],
  'beyond Unicode': ['f4908080', '', false],
  'a cut character': ['61e282', '', false],
  'the octet ff': ['6162ff63', '', false],
};
for (const [name, [first, second, good]] of Object.entries(UTF8)) {
  const frames = [frame({ op: 1, fin: second ? 0 : 1, payload: Buffer.from(first, 'hex') })];
  if (second) {
    frames.push(frame({ op: 0, payload: Buffer.from(second, 'hex') }));
  }
  if (good) {
    frames.push(frame({ op: 8, payload: Buffer.from([3, 232]) }));
  }
  raw('UTF-8: ' + name, ...frames);
}

for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
  add(`close with ${code}`, (ws) => ws.close(code, 'r'.repeat(123)));
  if (code < 1004 || code > 2000) {
    add(`the server closes with ${code}`, (ws) => ws.send('close:' + code));
  }
}
for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]) {
  raw(`close with the bad code ${code}`, frame({ op: 8, payload: Buffer.from([code >> 8, code & 255]) }));
}
raw('close without a code', frame({ op: 8 }));
raw('close with one octet', frame({ op: 8, payload: Buffer.from([3]) }));
raw('close of 126 octets', frame({ op: 8, payload: bytes(126, 3) }));
raw('close with a reason that is no UTF-8', frame({ op: 8, payload: Buffer.from([3, 232, 0xff]) }));
raw('a message behind the close', frame({ op: 8, payload: Buffer.from([3, 232]) }), frame({ op: 1, payload: Buffer.from('late') }));

rawOfServer('the server: masked', frame({ op: 1, payload: Buffer.from('x') }));
rawOfServer('the server: a reserved bit', frame({ op: 1, rsv: 2, payload: Buffer.from('x'), masked: false }));
rawOfServer('the server: a reserved opcode', frame({ op: 5, masked: false }));
rawOfServer('the server: no UTF-8', frame({ op: 1, payload: Buffer.from([0xff]), masked: false }));
rawOfServer('the server: a bad close code', frame({ op: 8, payload: Buffer.from([3, 236]), masked: false }));

add('the client breaks off', (ws) => {
  ws.on('message', () => ws.terminate());
  ws.send('hello');
});
add('the server breaks off', (ws) => ws.send('terminate'));
add('a subprotocol that is not spoken is refused by the client', (ws) => ws.close(1000), { protocols: ['chat'] });

function play(one, id, url) {
  return new Promise((resolve) => {
    const seen = [];
    const ws = new WebSocket(url + id, one.options.protocols || [], {
      perMessageDeflate: one.options.deflate === true ? DEFLATE : one.options.deflate || false,
      maxPayload: MAX,
    });
    const order = crypto.createHash('sha1');
    let messages = 0;
    const timer = setTimeout(() => { seen.push('TIMED OUT'); ws.terminate(); }, 60000);
    ws.on('open', () => {
      seen.push('open ' + ws.extensions + ' ' + ws.protocol);
      one.play(ws, seen);
    });
    ws.on('message', (data, binary) => {
      messages++;
      order.update((binary ? 'b' : 't') + digest(data));
    });
    ws.on('ping', (data) => seen.push('ping ' + digest(data)));
    ws.on('pong', (data) => seen.push('pong ' + digest(data)));
    ws.on('error', (e) => seen.push('error ' + (e.code || e.message)));
    ws.on('close', (code, reason) => {
      clearTimeout(timer);
      seen.push(`${messages} messages ${order.digest('hex')}`);
      seen.push(`close ${code} ${reason}`);
      resolve(seen);
    });
  });
}

function ask(url) {
  return new Promise((resolve, reject) => {
    http.get(url, (response) => {
      let body = '';
      response.on('data', (data) => { body += data; });
      response.on('end', () => resolve(response.statusCode === 200 ? JSON.parse(body) : undefined));
    }).on('error', reject);
  });
}

async function visit(run, url, server) {
  for (let i = 0; i < cases.length; i++) {
    const id = `/${run}/${i}`;
    const client = await play(cases[i], id, url);
    let atServer;
    const opened = client[0].startsWith('open') || client[0].startsWith('error Server sent no subprotocol');
    for (let tries = 0; opened && atServer === undefined && tries < 600; tries++) {
      atServer = await ask(`${server}/closed${id}`);
      if (atServer === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    console.log(JSON.stringify({ name: cases[i].name, client, server: atServer }));
  }
  console.log('END ' + cases.length);
}

if (process.argv[2] === 'server') {
  serve();
} else {
  visit(process.argv[3], process.argv[4], process.argv[5]);
}
