using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;

namespace Sam2.Torch.Tests.Checkpoints;

public class CheckpointDownloadTests
{
    private static readonly DownloadOptions Impatient = new(3, TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(20));

    private readonly byte[] _file = File.ReadAllBytes(RepositoryFiles.Golden("checkpoint_zip.pt"));

    [Test]
    public async Task Downloads_with_progress_and_leaves_only_the_file()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(request => LoopbackServer.File(_file, request));
        var reports = new List<DownloadProgress>();
        var path = await CheckpointDownload.FetchAsync(server.Url, folder["new/model.pt"], Impatient, new Recorder(reports));
        Assert.That(path, Is.EqualTo(folder["new/model.pt"]));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(_file));
        Assert.That(Directory.GetFiles(folder["new"]), Has.Length.EqualTo(1));
        Assert.That(reports[0], Is.EqualTo(new DownloadProgress(0, _file.Length)));
        Assert.That(reports[^1], Is.EqualTo(new DownloadProgress(_file.Length, _file.Length)));
    }

    [Test]
    public async Task What_is_there_is_not_downloaded_again()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(request => LoopbackServer.File(_file, request));
        File.WriteAllBytes(folder["model.pt"], _file);
        await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient);
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    public async Task Goes_on_where_the_connection_broke()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(request => LoopbackServer.File(_file, request, atMost: 700));
        await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient);
        Assert.That(File.ReadAllBytes(folder["model.pt"]), Is.EqualTo(_file));
        Assert.That(server.Requests.Select(r => r.From), Is.EqualTo(Enumerable.Range(0, (_file.Length + 699) / 700).Select(i => 700L * i)));
    }

    [Test]
    public async Task An_interrupted_download_is_resumed_the_next_time()
    {
        using var folder = new TemporaryFolder();
        using (var server = new LoopbackServer(request => LoopbackServer.File(_file, request, atMost: request.Number == 1 ? 1000 : 0)))
        {
            Assert.That(async () => await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient),
                Throws.TypeOf<CheckpointException>().With.Message.Contains("first 1000 bytes are kept"));
            Assert.That(File.Exists(folder["model.pt"]), Is.False);
            Assert.That(server.Requests, Has.Count.EqualTo(4));
        }
        using var again = new LoopbackServer(request => LoopbackServer.File(_file, request));
        await CheckpointDownload.FetchAsync(again.Url, folder["model.pt"], Impatient);
        Assert.That(again.Requests.Single().From, Is.EqualTo(1000));
        Assert.That(File.ReadAllBytes(folder["model.pt"]), Is.EqualTo(_file));
    }

    [Test]
    public async Task A_file_that_changed_on_the_server_is_not_continued()
    {
        using var folder = new TemporaryFolder();
        var old = new byte[_file.Length];
        using var server = new LoopbackServer(request => request.Number == 1
            ? LoopbackServer.File(old, request, "\"v0\"", atMost: 1000)
            : LoopbackServer.File(_file, request));
        await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient);
        Assert.That(File.ReadAllBytes(folder["model.pt"]), Is.EqualTo(_file));
    }

    [Test]
    public async Task A_server_without_ranges_starts_over()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(request => new("200 OK", [$"Content-Length: {_file.Length}"], request.Number == 1 ? _file[..900] : _file));
        await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient);
        Assert.That(File.ReadAllBytes(folder["model.pt"]), Is.EqualTo(_file));
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_busy_server_is_asked_again()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(request => request.Number < 3 ? new("503 Busy", ["Content-Length: 0"], []) : LoopbackServer.File(_file, request));
        await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient);
        Assert.That(server.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public void A_missing_file_is_said_at_once()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(_ => new("404 Not Found", ["Content-Length: 3"], "no!"u8.ToArray()));
        Assert.That(async () => await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient),
            Throws.TypeOf<CheckpointException>().With.Message.Contains(server.Url.ToString()).And.Message.Contains("404"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That(File.Exists(folder["model.pt"]), Is.False);
    }

    [Test]
    public void A_web_page_instead_of_the_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(_ => new("200 OK", ["Content-Type: text/html; charset=utf-8"], "<html>log in</html>"u8.ToArray()));
        Assert.That(async () => await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient), Throws.TypeOf<CheckpointException>().With.Message.Contains("web page"));
    }

    [Test]
    public void A_damaged_file_is_refused_and_not_kept()
    {
        using var folder = new TemporaryFolder();
        var damaged = (byte[])_file.Clone();
        damaged[_file.AsSpan().IndexOf("data/0FB"u8) + 100] ^= 1;
        var truncated = _file[..^100];
        foreach (var bad in new[] { damaged, truncated })
        {
            using var server = new LoopbackServer(request => LoopbackServer.File(bad, request));
            Assert.That(async () => await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient),
                Throws.TypeOf<CheckpointException>().With.Message.Contains(server.Url.ToString()).And.Message.Contains("was downloaded, but"));
            Assert.That(File.Exists(folder["model.pt"]), Is.False);
            Assert.That(new FileInfo(folder["model.pt.part"]).Length, Is.Zero);
        }
    }

    [Test]
    public void A_server_that_falls_silent_is_given_up()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(request => LoopbackServer.File(_file, request, atMost: request.Number == 1 ? 500 : 0) with { Hang = true });
        Assert.That(async () => await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient with { Attempts = 2, Stall = TimeSpan.FromSeconds(0.3) }),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("nothing arrived"));
    }

    [Test]
    public void Cancelling_stops_it_and_keeps_what_has_arrived()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(request => LoopbackServer.File(_file, request, atMost: 500) with { Hang = true });
        using var cancel = new CancellationTokenSource();
        var progress = new Recorder([], report => { if (report.Received == 500) cancel.Cancel(); });
        Assert.That(async () => await CheckpointDownload.FetchAsync(server.Url, folder["model.pt"], Impatient, progress, cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(new FileInfo(folder["model.pt.part"]).Length, Is.EqualTo(500));
        Assert.That(File.Exists(folder["model.pt"]), Is.False);
    }

    [Test]
    public void Nobody_listening_is_a_typed_error()
    {
        using var folder = new TemporaryFolder();
        Uri url;
        using (var server = new LoopbackServer(_ => throw new InvalidOperationException()))
            url = server.Url;
        Assert.That(async () => await CheckpointDownload.FetchAsync(url, folder["model.pt"], Impatient), Throws.TypeOf<CheckpointException>().With.Message.Contains(url.ToString()));
    }

    [Test]
    public void The_checkpoint_of_the_repository_can_not_be_downloaded() =>
        Assert.That(() => CheckpointDownload.FetchAsync(ModelCatalog.Find("micro")!), Throws.TypeOf<CheckpointException>());

    private sealed class Recorder(List<DownloadProgress> reports, Action<DownloadProgress>? then = null) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            reports.Add(value);
            then?.Invoke(value);
        }
    }
}
