using System.Numerics;
using NUnit.Framework;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tests.Configuration;

/// <summary>Plain values as C# writes them are those that a settings file has.</summary>
public sealed class PlainValueTests
{
    [Test]
    public void A_dictionary_is_written_as_a_literal_and_is_what_yaml_reads()
    {
        IntList grid = [7, 7];
        var written = new PlainDictionary
        {
            ["kind"] = "affine",
            ["degrees"] = 25,
            ["shear"] = 0.5f,
            ["consistent_transform"] = true,
            ["combine"] = DayOfWeek.Monday,
            ["sizes"] = new[] { 64, 96 },
            ["grid"] = grid,
            ["names"] = new List<string> { "a*", "b" },
            ["nothing"] = null,
            ["nested"] = new PlainDictionary { ["a"] = new PlainList([1, 2.5, "x", null]) },
        };
        var read = PlainYaml.Parse("test", """
            {kind: affine, degrees: 25, shear: 0.5, consistent_transform: true, combine: monday, sizes: [64, 96], grid: [7, 7], names: [a*, b],
             nothing: null, nested: {a: [1, 2.5, x, null]}}
            """, "");
        Assert.That(PlainYaml.Format(written), Is.EqualTo(PlainYaml.Format(read)));
        Assert.That(written["degrees"], Is.TypeOf<long>().And.EqualTo(25));
        Assert.That(((PlainList)written["sizes"]!)[1], Is.TypeOf<long>().And.EqualTo(96));
    }

    private static object? Listed(object value)
    {
        PlainList list = [value];
        return list[0];
    }

    [Test]
    public void Numbers_keep_their_values([Values(sbyte.MinValue, byte.MaxValue, short.MinValue, ushort.MaxValue, int.MinValue, uint.MaxValue)] object number) =>
        Assert.That(Listed(number), Is.TypeOf<long>().And.EqualTo(number));

    [Test]
    public void A_number_beyond_64_bits_with_sign_stays_whole() => Assert.That(Listed(ulong.MaxValue), Is.EqualTo((BigInteger)ulong.MaxValue));

    [Test]
    public void Keys_are_plain_too()
    {
        var tree = new PlainDictionary { [1] = "one", ["a"] = "b" };
        Assert.That((tree[1L], tree["a"], tree.ContainsKey(1)), Is.EqualTo(("one", "b", true)));
        Assert.That(() => new PlainDictionary { [DateTime.UnixEpoch] = 1 }, Throws.ArgumentException.With.Message.Contains("DateTime"));
        Assert.That(() => new PlainDictionary([new KeyValuePair<object, object?>(new int[1], 1)]), Throws.ArgumentException.With.Message.Contains("Int32[]"));
    }
}
