using NUnit.Framework;
using TestSupport;

namespace Sam2.Torch.Tests;

public class AtomicFileTests : FolderTests
{
    [Test]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        File.WriteAllText(Folder["a.txt"], "old");
        Assert.That(
            () => AtomicFile.Write(Folder["a.txt"], stream => throw new IOException("full"), e => new InvalidOperationException($"said: {e.Message}", e)),
            Throws.InvalidOperationException.With.Message.EqualTo("said: full"));
        Assert.That(Folder.Files, Is.EqualTo(new[] { "a.txt" }));
        Assert.That(File.ReadAllText(Folder["a.txt"]), Is.EqualTo("old"));
    }

    [Test]
    public void What_a_process_left_that_was_killed_while_it_wrote_goes_with_the_next_write()
    {
        var left = AtomicFile.TemporaryNameFor(Folder["big.pt"]);
        var other = AtomicFile.TemporaryNameFor(Folder["other.pt"]);
        string[] strangers = [".big.tmp.pt", ".big.0123.tmp.pt", "big.0123456789abcdef0123456789abcdef.tmp.pt", ".config"];
        foreach (var file in strangers.Select(name => Folder[name]).Append(left).Append(other)) File.WriteAllText(file, "half");
        AtomicFile.Write(Folder["big.pt"], stream => stream.WriteByte(1), e => e);
        Assert.That(Folder.Files, Is.EquivalentTo(strangers.Append("big.pt").Append(Path.GetFileName(other))));

        AtomicFile.RemoveLeftovers(Folder.Path);
        Assert.That(Folder.Files, Is.EquivalentTo(strangers.Append("big.pt")));
    }

    [TestCase(".sam2-run")]
    [TestCase("no-ending")]
    [TestCase(".hidden.json")]
    public void What_was_left_of_a_file_goes_whatever_its_name(string name)
    {
        File.WriteAllText(AtomicFile.TemporaryNameFor(Folder[name]), "half");
        AtomicFile.Write(Folder[name], stream => stream.WriteByte(1), e => e);
        Assert.That(Folder.Files, Is.EqualTo(new[] { name }));
    }

    [Test]
    public void What_is_being_written_stays() => AtomicFile.Write(
        Folder["a.pt"],
        stream =>
        {
            AtomicFile.RemoveLeftovers(Folder.Path);
            Assert.That(Folder.Files, Has.Length.EqualTo(1));
            stream.WriteByte(1);
        },
        e => e);

    [Test]
    public void Videos_and_folders_that_nothing_locks_are_left_for_a_day()
    {
        var (video, folder) = (AtomicFile.TemporaryNameFor(Folder["v.mp4"]), AtomicFile.TemporaryNameFor(Folder["masks"]));
        File.WriteAllText(video, "");
        Directory.CreateDirectory(folder);
        AtomicFile.RemoveLeftovers(Folder.Path);
        Assert.That(Folder.Files, Has.Length.EqualTo(2));
        var mine = Directory.CreateDirectory(Folder["mine"]).FullName;
        File.WriteAllText(AtomicFile.TemporaryNameFor(Path.Combine(mine, "v.mp4")), "");
        Directory.CreateDirectory(AtomicFile.TemporaryNameFor(Path.Combine(mine, "masks")));
        AtomicFile.RemoveLeftovers(mine, alone: true);
        Assert.That(Directory.GetFileSystemEntries(mine), Is.Empty);
        Directory.Delete(mine);
        File.SetLastWriteTimeUtc(video, DateTime.UtcNow.AddDays(-2));
        Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow.AddDays(-2));
        AtomicFile.RemoveLeftovers(Folder.Path);
        Assert.That(Folder.Files, Is.Empty);
    }

    [Test]
    public void A_folder_that_is_not_there_is_the_writer_s_matter()
    {
        Assert.That(() => AtomicFile.RemoveLeftovers(Folder["none"]), Throws.Nothing);
        Assert.That(() => AtomicFile.Write(Folder["none/a"], _ => { }, e => new InvalidOperationException(e.Message)), Throws.InvalidOperationException);
    }
}
