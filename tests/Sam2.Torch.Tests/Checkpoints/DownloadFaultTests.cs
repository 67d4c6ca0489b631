using System.Text;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;

namespace Sam2.Torch.Tests.Checkpoints;

/// <summary>Servers, and what stands between, that lie: nothing wrong gets the file's name, and each fault is one readable error.</summary>
public class DownloadFaultTests : FolderTests
{
    private static readonly DownloadOptions Impatient = new(3, TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(20));

    private readonly byte[] _file = File.ReadAllBytes(RepositoryFiles.Golden("checkpoint_zip.pt"));

    private string Model => Folder["model.pt"];

    [Test]
    public void A_length_that_is_too_large_is_an_error_that_keeps_what_came()
    {
        using var server = new LoopbackServer(_ => new("200 OK", [$"Content-Length: {_file.Length + 9}", "ETag: \"v1\""], _file));
        AssertRefused(server, "additional bytes expected");
        Assert.That(server.Requests, Has.Count.EqualTo(3 + 1).Or.Count.EqualTo(3), "it doesn't ask for ever");
    }

    [Test]
    public void A_length_that_is_too_small_is_a_damaged_file()
    {
        using var server = new LoopbackServer(_ => new("200 OK", [$"Content-Length: {_file.Length - 200}", "ETag: \"v1\""], _file));
        AssertRefused(server, "was downloaded, but");
        Assert.That(new FileInfo(Model + ".part").Length, Is.Zero);
    }

    [Test]
    public async Task Without_a_length_the_file_s_own_checksums_decide()
    {
        using var whole = new LoopbackServer(_ => new("200 OK", [], _file));
        await CheckpointDownload.FetchAsync(whole.Url, Model, Impatient);
        Assert.That(File.ReadAllBytes(Model), Is.EqualTo(_file));
        File.Delete(Model);
        using var cut = new LoopbackServer(_ => new("200 OK", [], _file[..^300]));
        AssertRefused(cut, "was downloaded, but");
    }

    [Test]
    public void A_server_that_sends_far_more_than_was_published_does_not_fill_the_disk()
    {
        var limited = Impatient with { MaxBytes = 2 * _file.Length };
        using var declared = new LoopbackServer(_ => new("200 OK", ["Content-Length: 999999999999", "ETag: \"v1\""], _file));
        AssertRefused(declared, "999,999,999,999 bytes or more", limited);
        Assert.That(declared.Requests, Has.Count.EqualTo(1));
        using var endless = new LoopbackServer(_ => new("200 OK", [], new byte[3 * _file.Length]));
        AssertRefused(endless, "is not the published file", limited);
        Assert.That(new FileInfo(Model + ".part").Length, Is.Zero);
    }

    [TestCase("text/html", "web page")]
    [TestCase("text/plain", "web page")]
    [TestCase("application/octet-stream", "web page")]
    public void A_web_page_is_named_whatever_its_server_calls_it(string type, string message)
    {
        using var server = new LoopbackServer(_ => new("200 OK", [$"Content-Type: {type}"], "<!DOCTYPE html><html>log in</html>"u8.ToArray()));
        AssertRefused(server, message);
    }

    [Test]
    public void A_web_page_in_place_of_the_rest_does_not_spoil_what_is_there()
    {
        using var server = new LoopbackServer(request => request.From == 0
            ? LoopbackServer.File(_file, request, atMost: 900)
            : new("206 Partial Content", ["Content-Type: text/html", $"Content-Range: bytes 900-{_file.Length - 1}/{_file.Length}"], "<html>log in</html>"u8.ToArray()));
        AssertRefused(server, "web page");
        Assert.That(File.ReadAllBytes(Model + ".part"), Is.EqualTo(_file[..900]));
    }

    [Test]
    public async Task A_range_that_begins_elsewhere_is_not_appended()
    {
        using var server = new LoopbackServer(request => request.From == 0
            ? LoopbackServer.File(_file, request, atMost: request.Number == 1 ? 900 : int.MaxValue)
            : new("206 Partial Content", [$"Content-Range: bytes 500-{_file.Length - 1}/{_file.Length}", "ETag: \"v1\""], _file[500..]));
        await CheckpointDownload.FetchAsync(server.Url, Model, Impatient);
        Assert.That(File.ReadAllBytes(Model), Is.EqualTo(_file));
    }

    [Test]
    public async Task Redirections_to_another_server_are_followed_with_the_range()
    {
        using var target = new LoopbackServer(request => LoopbackServer.File(_file, request, atMost: request.Number == 1 ? 900 : int.MaxValue));
        using var server = new LoopbackServer(_ => new("302 Found", [$"Location: {target.Url}", "Content-Length: 0"], []));
        await CheckpointDownload.FetchAsync(server.Url, Model, Impatient);
        Assert.That(File.ReadAllBytes(Model), Is.EqualTo(_file));
        Assert.That(target.Requests.Select(r => r.From), Is.EqualTo(new[] { 0L, 900L }));
    }

    [Test]
    public void Redirections_in_a_circle_end()
    {
        LoopbackServer? server = null;
        server = new LoopbackServer(_ => new("302 Found", [$"Location: {server!.Url}", "Content-Length: 0"], []));
        using (server)
        {
            AssertRefused(server, "leads on to");
            Assert.That(server.Requests, Has.Count.LessThan(20));
        }
    }

    [TestCase("file:///etc/passwd")]
    [TestCase("ftp://127.0.0.1/model.pt")]
    [TestCase("data:application/octet-stream;base64,AAAA")]
    [TestCase("gopher://127.0.0.1/")]
    [TestCase("http://")]
    [TestCase("C:\\model.pt")]
    public void Redirections_to_anything_but_the_web_are_not_followed(string location)
    {
        using var server = new LoopbackServer(_ => new("302 Found", [$"Location: {location}", "Content-Length: 0"], []));
        AssertRefused(server, $"leads on to {location}");
    }

    [TestCase("HTTP/1.1 nonsense\r\n\r\n")]
    [TestCase("SSH-2.0-OpenSSH_9.2\r\n")]
    [TestCase("")]
    [TestCase("\0\0\0\0")]
    public void A_server_that_does_not_speak_the_protocol_is_an_error(string answer)
    {
        using var server = new LoopbackServer(_ => new("", [], Encoding.ASCII.GetBytes(answer)) { IsRaw = true });
        AssertRefused(server, "can't be downloaded");
    }

    [Test]
    public void Headers_without_end_are_an_error()
    {
        using var server = new LoopbackServer(_ => new("200 OK", [.. Enumerable.Range(0, 20_000).Select(i => $"X-{i}: {new string('x', 100)}")], _file));
        AssertRefused(server, "can't be downloaded");
    }

    [Test]
    public void An_address_of_a_mirror_that_is_none_is_named()
    {
        Environment.SetEnvironmentVariable(CheckpointDownload.MirrorVariable, "ftp://somewhere");
        try
        {
            Assert.That(() => CheckpointDownload.FetchAsync(ModelCatalog.Find("tiny")!, Folder.Path),
                Throws.TypeOf<CheckpointException>().With.Message.Contains("SAM2_MIRROR").And.Message.Contains("ftp://somewhere"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(CheckpointDownload.MirrorVariable, null);
        }
    }

    private void AssertRefused(LoopbackServer server, string message, DownloadOptions? options = null)
    {
        var error = Assert.Throws<CheckpointException>(() => CheckpointDownload.FetchAsync(server.Url, Model, options ?? Impatient).GetAwaiter().GetResult());
        Assert.That(error!.Message, Does.Contain(message).And.Contain(server.Url.ToString()).And.Not.Contain("\n"));
        Assert.That(File.Exists(Model), Is.False);
    }
}
