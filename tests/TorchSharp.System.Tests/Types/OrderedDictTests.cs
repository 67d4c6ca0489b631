using NUnit.Framework;
using TorchSharp.Tests.Harness;
using TorchSharp.Utils;

namespace TorchSharp.Tests.Types;

public sealed class OrderedDictTests
{
    private static OrderedDict<string, int> Numbers()
    {
        var numbers = new OrderedDict<string, int>();
        numbers.Add("one", 1);
        numbers.Add(("two", 2));
        numbers.Add(new KeyValuePair<string, int>("three", 3));
        return numbers;
    }

    private static List<string> Keys(OrderedDict<string, int> numbers)
    {
        var keys = new List<string>();
        foreach (var (key, _) in numbers)
            keys.Add(key);
        return keys;
    }

    [Test]
    public void Keeps_the_order_of_insertion()
    {
        var numbers = Numbers();
        var seen = new List<(string, int)>();
        foreach (var pair in numbers)
            seen.Add(pair);
        using var items = numbers.items();
        Assert.Multiple(() =>
        {
            Assert.That(seen, Is.EqualTo(new[] { ("one", 1), ("two", 2), ("three", 3) }));
            Assert.That(items.MoveNext(), Is.True);
            Assert.That(numbers.keys(), Is.EquivalentTo(new[] { "one", "two", "three" }));
            Assert.That(numbers.values(), Is.EquivalentTo(new[] { 1, 2, 3 }));
            Assert.That(numbers.Keys, Is.EquivalentTo(new[] { "one", "two", "three" }));
            Assert.That(numbers.Values, Is.EquivalentTo(new[] { 1, 2, 3 }));
            Assert.That(numbers.IndexOf(("two", 2)), Is.EqualTo(1));
            Assert.That(numbers[2], Is.EqualTo(("three", 3)));
        });
    }

    [Test]
    public void Finds_by_key_and_by_pair()
    {
        var numbers = Numbers();
        Assert.Multiple(() =>
        {
            Assert.That(numbers["two"], Is.EqualTo(2));
            Assert.That(numbers.Count, Is.EqualTo(3));
            Assert.That(numbers.IsReadOnly, Is.False);
            Assert.That(numbers.ContainsKey("one"), Is.True);
            Assert.That(numbers.Contains(("one", 1)), Is.True);
            Assert.That(numbers.Contains(new KeyValuePair<string, int>("one", 1)), Is.True);
            Assert.That(numbers.TryGetValue("three", out var three) && three == 3, Is.True);
            Assert.That(numbers.TryGetValue("four", out _), Is.False);
            Assert.That(() => numbers["four"], Throws.Exception);
            Assert.That(() => numbers.Add("one", 7), Throws.Exception);
        });
    }

    [Test]
    public void Changes_in_place()
    {
        var numbers = Numbers();
        numbers["two"] = 22;
        numbers.Insert(0, ("zero", 0));
        Assert.That(Keys(numbers), Is.EqualTo(new[] { "zero", "one", "two", "three" }));
        numbers[3] = ("three", 33);
        Assert.That(numbers["three"], Is.EqualTo(33));
        Assert.That(numbers["two"], Is.EqualTo(22));
    }

    [Test]
    public void Removes_by_key_pair_and_position()
    {
        var numbers = Numbers();
        numbers.RemoveAt(1);
        Assert.That(Keys(numbers), Is.EqualTo(new[] { "one", "three" }));
        Assert.That(numbers.Remove("one"), Is.True);
        Assert.That(numbers.ContainsKey("one"), Is.False);
        Assert.That(numbers.Remove(new KeyValuePair<string, int>("three", 3)), Is.True);
        Assert.That(numbers.Count, Is.Zero);
        numbers.Add("four", 4);
        Assert.That(numbers.Remove(("four", 4)), Is.True);
        numbers = Numbers();
        numbers.clear();
        Assert.That(numbers.Count, Is.Zero);
        numbers = Numbers();
        numbers.Clear();
        Assert.That(numbers.Count, Is.Zero);
    }

    [Test]
    public void Copies_its_pairs()
    {
        var tuples = new (string, int)[3];
        Numbers().CopyTo(tuples, 0);
        Assert.That(tuples[1], Is.EqualTo(("two", 2)));
        if (TorchSharpDefects.IsTorchSharp)
            return; // It doesn't implement the other form.
        var pairs = new KeyValuePair<string, int>[3];
        Numbers().CopyTo(pairs, 0);
        Assert.That(pairs[2], Is.EqualTo(new KeyValuePair<string, int>("three", 3)));
    }
}
