using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TestSupport;

/// <summary>A web server on this machine that answers each request as the test says, cut off where the test says.</summary>
public sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Request, Response> _answer;
    private readonly List<Request> _requests = [];

    public LoopbackServer(Func<Request, Response> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <param name="Number">1 for the first.</param>
    /// <param name="From">First byte wanted; 0 for all.</param>
    /// <param name="IfRange">The version that the range belongs to.</param>
    public sealed record Request(int Number, long From, string IfRange);

    /// <param name="Status">Such as <c>200 OK</c>.</param>
    /// <param name="Headers">Lines.</param>
    /// <param name="Body">Sent, and then the connection is closed.</param>
    /// <param name="Hang">Keep the connection open instead.</param>
    public sealed record Response(string Status, string[] Headers, byte[] Body, bool Hang = false)
    {
        /// <summary>Whether the body is sent as it is, without status and headers.</summary>
        public bool IsRaw { get; init; }

        /// <summary>Bytes after which the server rests a millisecond; 0 for never.</summary>
        public int Piece { get; init; }
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/model.pt");

    public IReadOnlyList<Request> Requests => _requests;

    /// <summary>The whole file, or from where the request wants it, cut after <paramref name="atMost"/> bytes.</summary>
    public static Response File(byte[] file, Request request, string tag = "\"v1\"", int atMost = int.MaxValue)
    {
        var from = request.IfRange == tag ? (int)request.From : 0;
        var body = file.AsSpan(from);
        string[] headers = [$"Content-Length: {body.Length}", $"ETag: {tag}", .. from > 0 ? [$"Content-Range: bytes {from}-{file.Length - 1}/{file.Length}"] : Array.Empty<string>()];
        return new(from > 0 ? "206 Partial Content" : "200 OK", headers, body[..Math.Min(atMost, body.Length)].ToArray());
    }

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            long from = 0;
            var ifRange = "";
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                    from = long.Parse(line["Range: bytes=".Length..].TrimEnd('-'));
                if (line.StartsWith("If-Range: ", StringComparison.OrdinalIgnoreCase))
                    ifRange = line["If-Range: ".Length..];
            }
            Response response;
            lock (_requests)
            {
                var request = new Request(_requests.Count + 1, from, ifRange);
                _requests.Add(request);
                response = _answer(request);
            }
            var head = $"HTTP/1.1 {response.Status}\r\nConnection: close\r\n{string.Concat(response.Headers.Select(h => h + "\r\n"))}\r\n";
            if (!response.IsRaw) await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            foreach (var piece in response.Piece > 0 ? response.Body.Chunk(response.Piece) : [response.Body])
            {
                await stream.WriteAsync(piece);
                if (response.Piece > 0) await Task.Delay(1);
            }

            await stream.FlushAsync();
            if (response.Hang)
                await Task.Delay(TimeSpan.FromSeconds(30));
        }
        catch (IOException)
        {
            // The client went away.
        }
    }
}
