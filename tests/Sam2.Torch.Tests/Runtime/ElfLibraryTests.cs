using System.Buffers.Binary;
using NUnit.Framework;
using Sam2.Torch.Runtime;

namespace Sam2.Torch.Tests.Runtime;

/// <summary>Symbol versions of TorchSharp's own native library, as it is installed.</summary>
[Platform(Include = "Linux")]
public class ElfLibraryTests
{
    /// <summary>The version that TorchSharp 0.107's library asks for without using it.</summary>
    private const string Unused = "GLIBCXX_3.4.32";

    private byte[] _installed = [];
    private byte[] _image = [];

    [OneTimeSetUp]
    public void ReadInstalled() => _installed = File.ReadAllBytes(TorchRuntime.FindInstalled()!);

    [SetUp]
    public void Copy() => _image = [.. _installed];

    [Test]
    public void A_version_that_nothing_uses_becomes_weak_by_one_byte()
    {
        Assert.That(new ElfLibrary(_image).TryMakeWeak(Unused), Is.True);
        var at = ChangedBytes();
        Assert.That(at, Has.Count.EqualTo(1));
        Assert.That((_installed[at[0]], _image[at[0]]), Is.EqualTo(((byte)0, (byte)2)), "vna_flags");
    }

    [Test]
    public void A_version_that_is_weak_already_is_left_alone()
    {
        new ElfLibrary(_image).TryMakeWeak(Unused);
        Assert.That(new ElfLibrary(_image).TryMakeWeak(Unused), Is.False);
        Assert.That(ChangedBytes(), Has.Count.EqualTo(1));
    }

    [TestCase("GLIBCXX_3.4")]
    [TestCase("GLIBCXX_3.4.21")]
    [TestCase("GLIBCXX_3.4.30")]
    [TestCase("GLIBC_2.34")]
    public void A_version_that_relocations_refer_to_stays_as_it_is(string version)
    {
        Assert.That(new ElfLibrary(_image).TryMakeWeak(version), Is.False);
        Assert.That(ChangedBytes(), Is.Empty);
    }

    [TestCase("GLIBCXX_9.9.9")]
    [TestCase("GLIBCXX_3.4.3")]
    [TestCase("")]
    public void A_version_that_the_library_does_not_want_is_refused(string version)
    {
        Assert.That(new ElfLibrary(_image).TryMakeWeak(version), Is.False);
        Assert.That(ChangedBytes(), Is.Empty);
    }

    [Test]
    public void A_file_of_another_kind_is_refused([Values("", "MZ", "#!/bin/sh")] string start)
    {
        var file = new byte[4096];
        System.Text.Encoding.ASCII.GetBytes(start, file);
        Assert.That(() => new ElfLibrary(file), Throws.TypeOf<InvalidDataException>());
        Assert.That(() => new ElfLibrary([]), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void A_file_that_is_cut_off_is_refused_or_works()
    {
        var refused = 0;
        for (var length = 0; length < _installed.Length; length += length < 512 ? 1 : 9973)
            if (!Works(_installed[..length])) refused++;
        Assert.That(refused, Is.GreaterThan(512), "at least those that end within the headers");
    }

    [Test]
    public void A_damaged_file_is_refused_or_works()
    {
        var random = new Random(1);
        List<Range> places = [0..64, 64..1024, DynamicSection(), VersionsWanted()];
        var refused = 0;
        for (var n = 0; n < 4000; n++)
        {
            var (start, length) = places[n % places.Count].GetOffsetAndLength(_image.Length);
            var changed = Enumerable.Range(0, random.Next(1, 5)).Select(_ => start + random.Next(length)).ToArray();
            foreach (var at in changed) _image[at] = random.Next(3) switch { 0 => 0xff, 1 => 0, _ => (byte)random.Next(256) };
            if (!Works(_image)) refused++;
            foreach (var place in places) _installed.AsSpan(place).CopyTo(_image.AsSpan(place));
        }
        Assert.That(refused, Is.GreaterThan(100));
        Assert.That(ChangedBytes(), Is.Empty, "nothing is written elsewhere");
    }

    /// <summary>Whether a file was understood; whatever is thrown otherwise must be an <see cref="InvalidDataException"/>.</summary>
    private static bool Works(byte[] image)
    {
        try
        {
            new ElfLibrary(image).TryMakeWeak(Unused);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private List<int> ChangedBytes() => [.. Enumerable.Range(0, _installed.Length).Where(at => _installed[at] != _image[at])];

    /// <summary>Where the program header of type PT_DYNAMIC says that the dynamic section is.</summary>
    private Range DynamicSection()
    {
        var header = BinaryPrimitives.ReadInt32LittleEndian(_installed.AsSpan(32));
        while (BinaryPrimitives.ReadInt32LittleEndian(_installed.AsSpan(header)) != 2) header += 56;
        var start = BinaryPrimitives.ReadInt32LittleEndian(_installed.AsSpan(header + 8));
        return start..(start + BinaryPrimitives.ReadInt32LittleEndian(_installed.AsSpan(header + 32)));
    }

    /// <summary>The surroundings of the one byte that makes a version weak.</summary>
    private Range VersionsWanted()
    {
        new ElfLibrary(_image).TryMakeWeak(Unused);
        var at = ChangedBytes()[0];
        _image[at] = 0;
        return (at - 320)..(at + 160);
    }
}
