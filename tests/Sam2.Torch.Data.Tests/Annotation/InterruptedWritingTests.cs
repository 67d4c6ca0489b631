using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

/// <summary>What a process leaves that ends while it writes annotations.</summary>
public class InterruptedWritingTests : FolderTests
{
    [Test]
    public void A_journal_that_was_cut_at_any_byte_goes_on_with_its_whole_lines()
    {
        using (var journal = new AnnotationJournal(Folder["j"]))
        {
            for (var i = 0; i < 3; i++) Append(journal, $"{i}.png");
        }

        var whole = File.ReadAllBytes(Folder["j"]);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Folder["j"], whole[..length]);
            using (var journal = new AnnotationJournal(Folder["j"]))
            {
                Append(journal, "new.png");
            }

            using var again = new AnnotationJournal(Folder["j"]);
            var lines = whole.AsSpan(0, length).Count((byte)'\n');
            Assert.That(
                again.Read().Select(line => line["file_name"].Text()), Is.EqualTo(Enumerable.Range(0, lines).Select(i => $"{i}.png").Append("new.png")), $"{length} bytes");
        }
    }

    [Test]
    public void A_folder_of_masks_is_replaced_as_a_whole()
    {
        var writer = AnnotationFormats.Create("png", Folder.Path, [new(1, "object")]);
        AnnotatedImage Image(int objects) => new("a.png", 8, 8, [.. Enumerable.Range(0, objects).Select(i => AnnotatedObject.FromMask(CocoRle.Encode(new BinaryMask(8, 8)), 1))]);
        writer.Write(Image(3));
        Assert.That(Directory.GetFiles(Folder["a"]), Has.Length.EqualTo(3));
        writer.Write(Image(1));
        Assert.That(Directory.GetFiles(Folder["a"]), Has.Length.EqualTo(1));
        Assert.That(Folder.Files, Is.EqualTo(new[] { "a" }));
    }

    private static void Append(AnnotationJournal journal, string name) => journal.Append(name, json =>
    {
        json.WriteStartObject();
        json.WriteString("file_name", name);
        json.WriteString("note", "äöü");
        json.WriteEndObject();
    });
}
