using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

/// <summary>
/// ffmpeg reads the file that it is given and nothing else, whatever the file is called and whatever it says. Each of these shows
/// another file's pictures, or reaches for the network, where ffmpeg is left to itself.
/// </summary>
public class UntrustedVideoTests : FolderTests
{
    private const string Dash = """
        <?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT1S">
        <Period><AdaptationSet><Representation id="1" mimeType="video/mp2t" bandwidth="9" width="64" height="48"><BaseURL>secret.ts</BaseURL><SegmentBase/></Representation></AdaptationSet></Period></MPD>
        """;

    private static readonly Dictionary<string, string> Playlists = new()
    {
        ["hls"] = Hls("secret.ts"),
        ["hls by its full path"] = Hls("FOLDER/secret.ts"),
        ["hls by its address"] = Hls("file://FOLDER/secret.ts"),
        ["hls through concat"] = Hls("concat:secret.ts|secret.ts"),
        ["hls through subfile"] = Hls("subfile,,start,0,end,9999,,:FOLDER/secret.ts"),
        ["hls with a key"] = Hls("data:video/mp2t;base64,AAAA").Replace("#EXTINF", "#EXT-X-KEY:METHOD=AES-128,URI=\"FOLDER/secret.ts\"\n#EXTINF"),
        ["hls from the network"] = Hls("http://127.0.0.1:9/x.ts"),
        ["hls of playlists"] = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nFOLDER/inner.mp4\n",
        ["concat"] = "ffconcat version 1.0\nfile secret.ts\n",
        ["concat by its address"] = "ffconcat version 1.0\nfile file:secret.ts\n",
        ["dash"] = Dash,
        ["sdp"] = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        ["svg"] = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="48"><image xlink:href="secret.png" width="64" height="48"/></svg>""",
    };

    /// <summary>What the files that are read lead to.</summary>
    [SetUp]
    public void WriteSecrets()
    {
        Clips.RunFfmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1", "-c:v", "mpeg2video", Folder["secret.ts"]);
        ImageFile.Write(Folder["secret.png"], Clips.Frame(3));
        File.WriteAllText(Folder["inner.mp4"], Hls("secret.ts"));
    }

    [TestCaseSource(nameof(Playlists))]
    public void A_playlist_reads_nothing_under_any_name(KeyValuePair<string, string> playlist)
    {
        var files = Folder.Files;
        foreach (var name in new[] { "video.mp4", "video.m3u8", "video.ts", "video.mkv", "video.mpd", "video.ffconcat" })
        {
            File.WriteAllText(Folder[name], playlist.Value.Replace("FOLDER", Folder.Path, StringComparison.Ordinal));
            Assert.That(() => VideoReader.Open(Folder[name]).ReadFrames().Count(), Throws.TypeOf<MediaException>().With.Message.Contains(name), playlist.Key);
            File.Delete(Folder[name]);
        }

        Assert.That(Folder.Files, Is.EqualTo(files), "and writes nothing");
    }

    [Test]
    public void The_error_names_the_kind_and_what_to_do()
    {
        File.WriteAllText(Folder["video.mp4"], Hls("secret.ts"));
        Assert.That(() => VideoReader.Open(Folder["video.mp4"]), Throws.TypeOf<MediaException>().With.Message.Contains("'hls'").And.Message.Contains("other files"));
    }

    [Test]
    public void A_name_that_is_a_pattern_stands_for_itself()
    {
        for (var i = 1; i <= 3; i++) ImageFile.Write(Folder[$"p{i}.png"], Clips.Frame(i));
        foreach (var name in new[] { "p%d.png", "p%d.tga", "p[1-3].png", "p*.png" }.Where(name => name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0))
        {
            File.WriteAllText(Folder[name], "no picture");
            Assert.That(() => VideoReader.Open(Folder[name]).ReadFrames().Count(), Throws.TypeOf<MediaException>().With.Message.Contains(name));
        }
    }

    // A colon and a slash can't be in the names of Windows, so there they name no file.
    [TestCase("http://127.0.0.1:9/x.mp4")]
    [TestCase("concat:secret.ts|secret.ts")]
    [TestCase("file:secret.ts")]
    [TestCase("subfile,,start,0,end,9999,,:secret.ts")]
    [TestCase("data:video/mp2t;base64,AAAA")]
    [TestCase("pipe:0")]
    [TestCase("lavfi:testsrc")]
    [TestCase("-i secret.ts")]
    public void A_name_is_never_an_address(string name)
    {
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Folder.Path;
        try
        {
            Assert.That(() => VideoReader.Open(name), Throws.TypeOf<MediaException>().With.Message.Contains("does not exist").Or.Message.Contains("cannot be opened"));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [TestCase("mp4", "libx264")]
    [TestCase("mov", "libx264")]
    [TestCase("mkv", "libx264")]
    [TestCase("avi", "mpeg4")]
    [TestCase("ts", "mpeg2video")]
    [TestCase("mpg", "mpeg2video")]
    [TestCase("webm", "libvpx")]
    [TestCase("flv", "flv")]
    [TestCase("wmv", "wmv2")]
    [TestCase("ogv", "libtheora")]
    [TestCase("gif", "gif")]
    [TestCase("h264", "libx264")]
    [TestCase("y4m", "wrapped_avframe")]
    [TestCase("mxf", "mpeg2video")]
    [TestCase("nut", "mpeg4")]
    [TestCase("dv", "dvvideo")]
    public void Videos_in_containers_that_hold_all_of_themselves_are_read(string ending, string codec)
    {
        // DV and MXF have their own sizes and rates.
        var size = ending is "dv" ? "720x576" : "160x128";
        Clips.RunFfmpeg(
            "-f", "lavfi", "-i", $"testsrc=size={size}:rate=25:duration=0.4", "-c:v", codec, "-pix_fmt", ending is "gif" ? "rgb8" : "yuv420p",
            Folder["v." + ending]);
        Assert.That(VideoReader.Open(Folder["v." + ending]).ReadFrames().Count(), Is.InRange(9, 11));
    }

    private static string Hls(string segment) => $"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{segment}\n#EXT-X-ENDLIST\n";
}
