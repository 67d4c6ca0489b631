using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

/// <summary>What readers make of files that are broken on purpose.</summary>
internal static class Damage
{
    /// <summary>A file of this content is refused with a message that names it and what is wrong.</summary>
    public static void IsRefused(string content, Action<string> read, string cause)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["broken.file"], content);
        var error = Assert.Throws<AnnotationException>(() => read(folder["broken.file"]), content);
        Assert.That(error!.Message, Does.StartWith(folder["broken.file"] + ": "));
        Assert.That(error.Message, Does.Contain(cause));
        Assert.That(error.File, Is.EqualTo(folder["broken.file"]));
    }

    /// <summary>
    /// Whatever happens to single bytes of a good file, and wherever it is cut off, reading succeeds or ends in the one kind of
    /// exception.
    /// </summary>
    public static void NeverCrashes(string path, Action<string> read, int tries = 400)
    {
        byte[] good = File.ReadAllBytes(path);
        var random = new Random(5);
        for (int i = 0; i < tries; i++)
        {
            byte[] bad = (byte[])good.Clone();
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                bad[random.Next(bad.Length)] = random.Next(3) switch
                {
                    0 => (byte)random.Next(256),
                    1 => (byte)"0123456789-.eE"[random.Next(14)],
                    _ => (byte)"{}[]\",:null "[random.Next(12)],
                };
            }

            File.WriteAllBytes(path, i % 5 == 0 ? bad[..random.Next(bad.Length)] : bad);
            try
            {
                read(path);
            }
            catch (AnnotationException)
            {
                // The only exception allowed.
            }
        }
    }
}
