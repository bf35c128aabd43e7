// npm's coap. "post PORT PATH TEXT" says the answer's code; "observe PORT PATH" each payload; "serve PORT" has /state, which
// can be observed and counts up when it is written.
const coap = require("coap");
const [what, port, path, text] = process.argv.slice(2);
if (what === "post") {
  const request = coap.request({ host: "127.0.0.1", port: Number(port), pathname: path, method: "POST" });
  request.setOption("Content-Format", "text/plain");
  request.on("response", (response) => {
    console.log(response.code, response.payload.toString());
    process.exit(0);
  });
  request.end(text);
} else if (what === "observe") {
  const request = coap.request({ host: "127.0.0.1", port: Number(port), pathname: path, observe: true });
  request.on("response", (response) => response.on("data", (data) => console.log(data.toString())));
  request.end();
} else {
  let state = 0;
  const observers = new Set();
  coap
    .createServer((request, response) => {
      if (request.method === "PUT") {
        state = Number(request.payload.toString());
        response.code = "2.04";
        response.end();
        observers.forEach((observer) => observer.write(String(state)));
      } else if (request.headers.Observe === 0) {
        observers.add(response);
        response.on("finish", () => observers.delete(response));
        response.write(String(state));
      } else {
        response.end(String(state));
      }
    })
    .listen(Number(port), "127.0.0.1", () => console.log("ready"));
}
