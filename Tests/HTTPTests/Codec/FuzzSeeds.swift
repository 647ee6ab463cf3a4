// FuzzSeeds: good messages to mutate, and the fragments worth inserting.
//
// For: DifferentialFuzzTests.
// Refuses: nothing.

enum RequestSeeds {
    static let all: [[UInt8]] = [
        "GET /v1/models?limit=10 HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: sdk/1.0\r\nAccept: */*\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}",
        "POST /v1/messages HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1a;x=y\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
        "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n",
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nokDELETE /3 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST /a HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n",
        "HEAD /x HTTP/1.1\r\nHost: [::1]:80\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
    ].map { Array($0.utf8) }

    static let fragments: [[UInt8]] = [
        "Content-Length: 5\r\n", "Content-Length: 0\r\n", "content-length:13\r\n", "Content-Length: 5, 5\r\n",
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "transfer-encoding:\tchunked\r\n",
        "Transfer-Encoding: identity\r\n", "Host: other\r\n", "X: y\r\n", "X:y\r\n", " folded\r\n", "\r\n", "\n", "\r",
        "0\r\n\r\n",
        "1\r\na\r\n", "5;ext\r\nhello\r\n", "Expect: x\r\n", "Connection: close, x\r\n", "HTTP/1.1", "HTTP/1.0", " ",
        "GET / HTTP/1.1\r\n",
    ].map { Array($0.utf8) }
}

enum ResponseSeeds {
    static let all: [[UInt8]] = [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"id\":\"a\"}   ",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\na\r\n0\r\nX-Sum: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nuntil the end",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    ].map { Array($0.utf8) }

    static let fragments: [[UInt8]] =
        RequestSeeds.fragments + ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 101 S\r\n"].map { Array($0.utf8) }
}
