using System.Net;
using System.Net.Http.Headers;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Downloads published checkpoints. The bytes go to NAME.part, so an interrupted download is resumed where it stopped (if the
/// server's file is still the same one); the complete file is opened and its checksums are verified before it gets its name.
/// Libraries for resilient HTTP repeat whole requests; for files of hundreds of megabytes it matters to continue after the last
/// byte that arrived.
/// </summary>
public static class CheckpointDownload
{
    /// <summary>
    /// The environment variable with the address of a mirror: a folder on a web server that has the published files under their names. It
    /// takes the place of the published addresses, for machines that can't reach these.
    /// </summary>
    public const string MirrorVariable = "SAM2_MIRROR";

    private const int BufferBytes = 1 << 18;

    private const int MaxRedirections = 10;

    // By itself, .NET would follow a redirection to any port of any machine under the name of any protocol.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(30), AllowAutoRedirect = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Downloads a checkpoint unless it is there already.</summary>
    /// <param name="model">A checkpoint of <see cref="ModelCatalog"/>.</param>
    /// <param name="folder">The folder to put it in; <see cref="ModelFiles.UserFolder"/> when null. Created if needed.</param>
    /// <param name="progress">Gets a report every few hundred kilobytes; null for none.</param>
    /// <param name="cancellationToken">Stops it; what has been received is kept for the next time.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="CheckpointException">The server refuses, the connection keeps failing, the file is damaged or can't be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Task<string> FetchAsync(PublishedModel model, string? folder = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (model.Url is null)
            throw new CheckpointException(model.Name, "is not published for download", $"{model.File} is in the weights folder of the repository");
        return FetchAsync(
            MirrorOf(model) ?? model.Url, Path.Combine(folder ?? ModelFiles.UserFolder, model.File),
            DownloadOptions.Default with { MaxBytes = 2 * model.Size }, progress, cancellationToken);
    }

    private static Uri? MirrorOf(PublishedModel model)
    {
        if (Environment.GetEnvironmentVariable(MirrorVariable) is not { Length: > 0 } mirror)
            return null;
        return Uri.TryCreate(mirror.TrimEnd('/') + "/" + model.File, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new CheckpointException(mirror, $"is in ${MirrorVariable}, but is no address of a web server", "Give one such as https://example.org/sam2, or none");
    }

    internal static async Task<string> FetchAsync(Uri url, string path, DownloadOptions options, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        try
        {
            if (File.Exists(path))
            {
                // A process may have been killed just before it removed this.
                PartFile.RemoveTag(path);
                return path;
            }
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var part = new PartFile(path))
            {
                await TransferAsync(url, part, options, progress, cancellationToken).ConfigureAwait(false);
                Validate(url, part);
            }
            PartFile.Complete(path);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"can't be written: {e.Message.TrimEnd('.')}", "Check that the folder is writable and has room, and that no other download of it is running", e);
        }
    }

    private static async Task TransferAsync(Uri url, PartFile part, DownloadOptions options, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        var pause = options.Pause;
        for (var attempt = 1; ; attempt++)
        {
            var before = part.Length;
            Exception failure;
            try
            {
                await RequestAsync(url, part, options, progress, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TransientException e)
            {
                failure = e;
            }
            if (part.Length > before)
                (attempt, pause) = (0, options.Pause);
            if (attempt >= options.Attempts)
                throw new CheckpointException(url.ToString(), $"can't be downloaded: {failure.Message.TrimEnd('.')}",
                    part.Length > 0 ? $"Try again: the first {part.Length} bytes are kept and it goes on from there" : "Check the network connection and try again", failure);
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            pause *= 2;
        }
    }

    /// <summary>One request, for the bytes that are still missing.</summary>
    private static async Task RequestAsync(Uri url, PartFile part, DownloadOptions options, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stall.CancelAfter(options.Stall);
        try
        {
            using var response = await SendAsync(url, part, stall.Token).ConfigureAwait(false);
            Begin(url, part, response);
            var total = part.Length + response.Content.Headers.ContentLength;
            if (total > options.MaxBytes)
                throw TooLong(url, part, total.Value, options);
            progress?.Report(new(part.Length, total));

            await using var body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
            var buffer = new byte[BufferBytes];
            while (true)
            {
                stall.CancelAfter(options.Stall);
                var count = await body.ReadAsync(buffer, stall.Token).ConfigureAwait(false);
                if (count == 0)
                    break;
                if (part.Length + count > options.MaxBytes)
                    throw TooLong(url, part, part.Length + count, options);
                part.Append(buffer.AsSpan(0, count));
                progress?.Report(new(part.Length, total));
            }
            if (part.Length < total)
                throw new TransientException($"the connection ended after {part.Length} of {total} bytes");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransientException($"nothing arrived for {options.Stall.TotalSeconds:0.#} seconds");
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            throw new TransientException(e.InnerException is { } inner ? $"{e.Message.TrimEnd('.')} ({inner.Message.TrimEnd('.')})" : e.Message);
        }
    }

    /// <summary>Asks for the bytes that are missing, and follows redirections to other web servers, but not from https to http.</summary>
    private static async Task<HttpResponseMessage> SendAsync(Uri url, PartFile part, CancellationToken cancellationToken)
    {
        for (var redirections = 0; ; redirections++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (part.Length > 0)
            {
                request.Headers.Range = new RangeHeaderValue(part.Length, null);
                request.Headers.TryAddWithoutValidation("If-Range", part.Validator);
            }
            var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            var isRedirection = (int)response.StatusCode is 301 or 302 or 303 or 307 or 308;
            if (!isRedirection || redirections == MaxRedirections || Target(url, response) is not { } target)
                return response;
            response.Dispose();
            url = target;
        }
    }

    /// <summary>Where a redirection leads; null if it isn't followed.</summary>
    private static Uri? Target(Uri url, HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Location", out var location) && Uri.TryCreate(url, location.ToString(), out var target)
            && (target.Scheme == Uri.UriSchemeHttps || (target.Scheme == Uri.UriSchemeHttp && url.Scheme == Uri.UriSchemeHttp))
            ? target
            : null;

    /// <summary>A server that sends without end must not fill the disk.</summary>
    private static CheckpointException TooLong(Uri url, PartFile part, long bytes, DownloadOptions options)
    {
        part.Restart("");
        return new(url.ToString(), $"is not the published file: the server sends {bytes:N0} bytes or more, and {options.MaxBytes / 2:N0} were published",
            "Check the address; a proxy may stand in between");
    }

    /// <summary>Checks the status and decides where the bytes of the body go.</summary>
    private static void Begin(Uri url, PartFile part, HttpResponseMessage response)
    {
        var content = response.Content.Headers;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK or HttpStatusCode.PartialContent when content.ContentType?.MediaType is "text/html" or "application/xhtml+xml":
                throw new CheckpointException(url.ToString(), "is a web page, not a checkpoint", "A proxy or login page may stand in between: open the address in a browser");
            case HttpStatusCode.PartialContent when content.ContentRange?.From == part.Length:
                return;
            case HttpStatusCode.OK:
                // From the beginning: a new download, a server without ranges, or a file that has changed since.
                part.Restart(response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : content.LastModified?.ToString("r") ?? "");
                return;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                part.Restart("");
                throw new TransientException("the server could not continue the earlier download");
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new TransientException($"the server answers {(int)response.StatusCode} ({response.ReasonPhrase})");
            case >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest:
                throw new CheckpointException(url.ToString(), $"can't be downloaded: the server leads on to {(response.Headers.NonValidated.TryGetValues("Location", out var location) ? location.ToString() : "nowhere")}, which is not followed",
                    "Only a few redirections are, and none from https to anything else. Check the address, or download the file with a browser and put it into the folder yourself");
            default:
                throw new CheckpointException(url.ToString(), $"can't be downloaded: the server answers {(int)response.StatusCode} ({response.ReasonPhrase})",
                    "Check the address, or download the file with a browser and put it into the folder yourself");
        }
    }

    private static void Validate(Uri url, PartFile part)
    {
        part.Flush();
        try
        {
            using var checkpoint = Checkpoint.Open(part.Path);
            checkpoint.Verify();
        }
        catch (CheckpointException e)
        {
            // Resuming would only add to the damage.
            part.Restart("");
            throw new CheckpointException(url.ToString(), $"was downloaded, but {e.Cause}", "Try again; if it stays so, something between here and the server changes the file", e);
        }
    }

    private sealed class TransientException(string message) : Exception(message);
}

/// <summary>
/// The bytes of a download that is not complete: NAME.part, and NAME.part.tag with the server's validator (ETag or date),
/// which tells whether the rest of the server's file still belongs to these bytes.
/// </summary>
internal sealed class PartFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _tagPath;

    /// <summary>Opens or creates the part of <paramref name="target"/>. A second download of it at the same time fails.</summary>
    public PartFile(string target)
    {
        Path = PartOf(target);
        _tagPath = TagOf(target);
        _stream = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        Validator = File.Exists(_tagPath) ? File.ReadAllText(_tagPath) : "";
        if (Validator.Length == 0 || Validator.Any(char.IsControl))
            Restart("");
        _stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>Where the bytes are.</summary>
    public string Path { get; }

    /// <summary>What the server calls this version of the file; empty if it can't be resumed.</summary>
    public string Validator { get; private set; }

    /// <summary>Bytes so far.</summary>
    public long Length => _stream.Length;

    /// <summary>Drops the bytes; those that follow belong to the version <paramref name="validator"/>.</summary>
    public void Restart(string validator)
    {
        _stream.SetLength(0);
        Validator = validator;
        if (validator.Length > 0)
            File.WriteAllText(_tagPath, validator);
        else
            File.Delete(_tagPath);
    }

    public void Append(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    public void Flush() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    /// <summary>Gives the complete file its name.</summary>
    public static void Complete(string target)
    {
        File.Move(PartOf(target), target, overwrite: true);
        RemoveTag(target);
    }

    /// <summary>Removes what belongs to a part that is complete.</summary>
    public static void RemoveTag(string target)
    {
        if (File.Exists(TagOf(target)) && !File.Exists(PartOf(target)))
            File.Delete(TagOf(target));
    }

    private static string PartOf(string target) => target + ".part";

    private static string TagOf(string target) => target + ".part.tag";
}

/// <summary>How long a download keeps trying.</summary>
/// <param name="Attempts">Attempts in a row that receive nothing before it gives up.</param>
/// <param name="Pause">Pause before the second attempt; doubles with each further one.</param>
/// <param name="Stall">Longest wait for the next bytes.</param>
internal sealed record DownloadOptions(int Attempts, TimeSpan Pause, TimeSpan Stall)
{
    /// <summary>The file that is longer is refused: twice what was published, for it may have been published anew.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    public static DownloadOptions Default { get; } = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
}

/// <summary>How far a download is.</summary>
/// <param name="Received">Bytes on disk, those of an earlier, interrupted download included.</param>
/// <param name="Total">Bytes of the whole file; null if the server doesn't say.</param>
public readonly record struct DownloadProgress(long Received, long? Total);
