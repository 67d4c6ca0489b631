using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Tests.Masks;

public class CocoRleTests
{
    private static readonly JsonElement Golden = JsonDocument.Parse(
        File.ReadAllText(RepositoryFiles.Golden("evaluation/coco_rle.json"))).RootElement;

    [Test]
    public void Agrees_with_pycocotools()
    {
        foreach (var entry in Golden.GetProperty("masks").EnumerateArray())
        {
            var mask = Formula(entry);
            var rle = CocoRle.Encode(mask);
            string counts = entry.GetProperty("counts").GetString()!;
            var (x, y, w, h) = rle.BoundingBox;
            using (Assert.EnterMultipleScope())
            {
                Assert.That(rle.ToCompressedString(), Is.EqualTo(counts));
                Assert.That(CocoRle.FromCompressedString(mask.Height, mask.Width, counts).Decode(), Is.EqualTo(mask));
                Assert.That(rle.Area, Is.EqualTo(entry.GetProperty("area").GetInt64()));
                Assert.That(
                    new double[] { x, y, w, h },
                    Is.EqualTo(entry.GetProperty("bbox").EnumerateArray().Select(v => v.GetDouble())));
            }
        }
    }

    [Test]
    public void Overlap_and_merging_agree_with_pycocotools()
    {
        var pair = Golden.GetProperty("pair");
        int height = pair.GetProperty("size")[0].GetInt32();
        int width = pair.GetProperty("size")[1].GetInt32();
        CocoRle Read(string name) => CocoRle.FromCompressedString(height, width, pair.GetProperty(name).GetString()!);
        var a = Read("a");
        var b = Read("b");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(a.Iou(b), Is.EqualTo(pair.GetProperty("iou").GetDouble()).Within(1e-15));
            Assert.That(a.Iou(b, crowd: true), Is.EqualTo(pair.GetProperty("iou_b_crowd").GetDouble()).Within(1e-15));
            Assert.That(CocoRle.Merge([a, b]), Is.EqualTo(Read("union")));
            Assert.That(CocoRle.Merge([a, b], intersect: true), Is.EqualTo(Read("intersection")));
            Assert.That(CocoRle.Merge([a, b]).ToCompressedString(), Is.EqualTo(pair.GetProperty("union").GetString()));
        }
    }

    [Test]
    public void Random_masks_round_trip_through_runs_and_text()
    {
        foreach (var mask in RandomMasks.Many(seed: 11, count: 500))
        {
            var rle = CocoRle.Encode(mask);
            var back = CocoRle.FromCompressedString(mask.Height, mask.Width, rle.ToCompressedString());
            Assert.That(rle.ToCounts(), Is.EqualTo(CountDownColumns(mask)));
            Assert.That(back, Is.EqualTo(rle));
            Assert.That(back.Decode(), Is.EqualTo(mask));
            Assert.That(rle.Area, Is.EqualTo(mask.Area));
        }
    }

    [Test]
    public void Runs_of_every_length_are_kept()
    {
        uint[] counts = [0, 1, 127, 128, 255, 256, 16383, 16384, 2097151, 2097152, 268435455, 268435456];
        const int Side = 1 << 15;
        counts = [.. counts, (uint)(((long)Side * Side) - counts.Sum(count => count))];
        var rle = new CocoRle(Side, Side, counts);
        Assert.That(rle.ToCounts(), Is.EqualTo(counts));
        Assert.That(rle.Area, Is.EqualTo(1 + 128 + 256 + 16384 + 2097152 + 268435456));
        Assert.That(CocoRle.Merge([rle, rle], intersect: true), Is.EqualTo(rle));
    }

    [Test]
    public void Large_masks_round_trip_with_area_box_and_overlap() => MaskGenerators.Check(MaskGenerators.Large, 8, mask =>
    {
        var rle = CocoRle.Encode(mask);
        var back = CocoRle.FromCompressedString(mask.Height, mask.Width, rle.ToCompressedString());
        Assert.That(back, Is.EqualTo(rle));
        Assert.That(new CocoRle(mask.Height, mask.Width, rle.ToCounts()).Decode(), Is.EqualTo(mask));
        Assert.That(rle.Area, Is.EqualTo(mask.Area));
        Assert.That(rle.BoundingBox, Is.EqualTo(mask.BoundingBox));
        Assert.That(CocoRle.Merge([rle, back]).Area, Is.EqualTo(mask.Area));
        Assert.That(rle.Iou(back), Is.EqualTo(mask.Area > 0 ? 1 : 0));
    });

    [Test]
    public void Boxes_agree_with_pixels()
    {
        foreach (var mask in RandomMasks.Many(seed: 12, count: 500))
        {
            // A run that passes from one column to the next holds the bottom of one and the top of the other, so whole columns are right.
            Assert.That(CocoRle.Encode(mask).BoundingBox, Is.EqualTo(mask.BoundingBox));
        }
    }

    [Test]
    public void Overlap_and_merging_agree_with_pixels()
    {
        var random = new Random(13);
        for (int i = 0; i < 200; i++)
        {
            int h = random.Next(1, 50), w = random.Next(1, 50);
            var a = RandomMasks.Create(random, h, w);
            var b = RandomMasks.Create(random, h, w);
            var c = RandomMasks.Create(random, h, w);
            var (ra, rb, rc) = (CocoRle.Encode(a), CocoRle.Encode(b), CocoRle.Encode(c));
            var union = new BinaryMask(h, w, [.. a.Data.Zip(b.Data, (p, q) => (byte)(p | q)).Zip(c.Data, (p, q) => (byte)(p | q))]);
            var common = new BinaryMask(h, w, [.. a.Data.Zip(b.Data, (p, q) => (byte)(p & q))]);
            Assert.That(CocoRle.Merge([ra, rb, rc]), Is.EqualTo(CocoRle.Encode(union)));
            Assert.That(CocoRle.Merge([ra, rb], intersect: true), Is.EqualTo(CocoRle.Encode(common)));
            if (a.Area + b.Area > 0)
            {
                Assert.That(ra.Iou(rb), Is.EqualTo(a.Iou(b)).Within(1e-12));
            }
        }
    }

    [Test]
    public void Damaged_text_is_a_format_error()
    {
        string good = CocoRle.Encode(RandomMasks.Create(new Random(4), 30, 30)).ToCompressedString();
        var random = new Random(14);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => CocoRle.FromCompressedString(3, 3, "\u0001"), Throws.TypeOf<FormatException>());
            Assert.That(() => CocoRle.FromCompressedString(3, 3, "oooooooooooo"), Throws.TypeOf<FormatException>());
            Assert.That(() => CocoRle.FromCompressedString(3, 3, "o"), Throws.TypeOf<FormatException>());
            Assert.That(() => CocoRle.FromCompressedString(3, 3, ""), Throws.TypeOf<FormatException>());
            Assert.That(() => CocoRle.FromCompressedString(3, 3, "8"), Throws.TypeOf<FormatException>());
            Assert.That(() => new CocoRle(3, 3, [4, 4]), Throws.ArgumentException);
        }

        for (int i = 0; i < 2000; i++)
        {
            char[] damaged = good.ToCharArray();
            damaged[random.Next(damaged.Length)] = (char)random.Next(128);
            try
            {
                CocoRle.FromCompressedString(30, 30, new string(damaged)).Decode();
            }
            catch (FormatException)
            {
                // The only exception allowed.
            }
        }
    }

    [Test]
    public void A_large_mask_takes_milliseconds()
    {
        var mask = new BinaryMask(4000, 4000);
        for (int y = 0; y < 4000; y++)
        {
            int half = (int)Math.Sqrt(Math.Max(0, (1900.0 * 1900) - ((y - 2000.0) * (y - 2000))));
            mask.Row(y).Slice(2000 - half, 2 * half).Fill(1);
        }

        CocoRle.Encode(new BinaryMask(64, 64)).Decode();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var rle = CocoRle.Encode(mask);
        double encode = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        var back = rle.Decode();
        double decode = watch.Elapsed.TotalMilliseconds;
        TestContext.Out.WriteLine($"4000×4000 disc: encode {encode:0.0} ms, decode {decode:0.0} ms, {rle.ToCounts().Length} runs");
        Assert.That(back, Is.EqualTo(mask));
        Assert.That(encode + decode, Is.LessThan(2000), "generous for a busy machine; a walk down columns pixel by pixel is slower");
    }

    private static uint[] CountDownColumns(BinaryMask mask)
    {
        var counts = new List<uint> { 0 };
        bool value = false;
        for (int x = 0; x < mask.Width; x++)
        {
            for (int y = 0; y < mask.Height; y++)
            {
                if (mask[y, x] != value)
                {
                    value = !value;
                    counts.Add(0);
                }

                counts[^1]++;
            }
        }

        return [.. counts];
    }

    /// <summary>The golden file's masks: 1 where ((x·p + y·q + (x·y)//r) mod m) &lt; k.</summary>
    private static BinaryMask Formula(JsonElement entry)
    {
        int Get(string name) => entry.GetProperty(name).GetInt32();
        var mask = new BinaryMask(Get("h"), Get("w"));
        for (int y = 0; y < mask.Height; y++)
        {
            for (int x = 0; x < mask.Width; x++)
            {
                mask[y, x] = ((x * Get("p")) + (y * Get("q")) + (x * y / Get("r"))) % Get("mod") < Get("k");
            }
        }

        return mask;
    }
}
