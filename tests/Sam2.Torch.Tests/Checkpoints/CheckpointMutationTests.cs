using System.Buffers.Binary;
using System.IO.Hashing;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

[Category("Slow")]
public class CheckpointMutationTests
{
    private const int Mutations = 1_000_000;
    private const string Name = "mutated.pt";

    [Test]
    public void A_million_random_mutations_end_in_a_result_or_a_typed_error()
    {
        byte[][] originals =
        [
            SmallZip(zip64: false),
            SmallZip(zip64: true),
            File.ReadAllBytes(RepositoryFiles.Golden("checkpoint_bare_state_dict.pt")),
            File.ReadAllBytes(RepositoryFiles.Golden("checkpoint_legacy.pt")),
            SmallSafetensors(),
        ];
        var random = new Random(20240729);
        int opened = 0, loaded = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var file = Mutate(originals[i % originals.Length], random);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var checkpoint = Checkpoint.Open(file, Name);
                opened++;
                // An expanded tensor may claim more elements than memory has: loading it keeps it expanded.
                foreach (var entry in checkpoint.StateDict.Values.Take(2))
                    entry.Load().Dispose();
                loaded++;
            }
            catch (CheckpointException e)
            {
                if (!e.Message.StartsWith(Name, StringComparison.Ordinal) || e.Cause.Length == 0)
                    Assert.Fail($"Mutation {i}: the error names neither file nor cause: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"Mutation {i}: {e}");
            }
            if (GC.GetAllocatedBytesForCurrentThread() - allocated > 64 << 20)
                Assert.Fail($"Mutation {i} allocated {GC.GetAllocatedBytesForCurrentThread() - allocated} bytes.");
        }
        TestContext.Out.WriteLine($"{Mutations} mutations: {opened} opened, {loaded} loaded");
        // Mutations that are refused at the door would test little.
        Assert.That(opened, Is.GreaterThan(Mutations / 20));
        Assert.That(Mutations - opened, Is.GreaterThan(Mutations / 20));
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var file = (byte[])original.Clone();
        for (var edits = random.Next(1, 5); edits > 0; edits--)
        {
            var at = random.Next(file.Length);
            switch (random.Next(10))
            {
                case < 4: file[at] = (byte)random.Next(256); break;
                case 4: file[at] ^= (byte)(1 << random.Next(8)); break;
                case 5: file[at] = Interesting[random.Next(Interesting.Length)]; break;
                case 6: Swap(file, at, random.Next(file.Length)); break;
                case 7: file.AsSpan(at, Math.Min(file.Length - at, 8)).Fill((byte)(random.Next(2) * 255)); break;
                case 8: file.AsSpan(random.Next(file.Length - 16), 16).CopyTo(file.AsSpan(Math.Min(at, file.Length - 16))); break;
                default: file = random.Next(2) == 0 ? [.. file[..at], .. file[Math.Min(file.Length, at + random.Next(1, 9))..]] : [.. file[..at], (byte)random.Next(256), .. file[at..]]; break;
            }
            if (file.Length < 32)
                break;
        }
        // Most mutated archives would fail their checksums; correcting them lets the pickle be seen.
        if (random.Next(4) != 0)
            CorrectChecksums(file);
        return file;
    }

    private static readonly byte[] Interesting = [.. "(.}])tbehjqrsuGJKMQRTUXBCcN01ai"u8.ToArray(), 0x80, 0x85, 0x86, 0x87, 0x8a, 0x8b, 0x93, 0x94, 0x95, 0, 1, 0x7f, 0xff];

    private static void Swap(byte[] file, int a, int b) => (file[a], file[b]) = (file[b], file[a]);

    private static void CorrectChecksums(byte[] file)
    {
        var span = file.AsSpan();
        for (var central = span.IndexOf("PK\x01\x02"u8); central >= 0 && central + 46 <= file.Length;)
        {
            long header = BinaryPrimitives.ReadUInt32LittleEndian(span[(central + 42)..]);
            long length = BinaryPrimitives.ReadUInt32LittleEndian(span[(central + 24)..]);
            // zip64: after the name an extra field of four bytes, two sizes and the offset.
            var wide = central + 46 + BinaryPrimitives.ReadUInt16LittleEndian(span[(central + 28)..]) + 4;
            if (header == uint.MaxValue && wide + 24 <= file.Length)
                (length, header) = (BinaryPrimitives.ReadInt64LittleEndian(span[wide..]), BinaryPrimitives.ReadInt64LittleEndian(span[(wide + 16)..]));
            if (header >= 0 && header <= file.Length - 30)
            {
                var data = header + 30 + BinaryPrimitives.ReadUInt16LittleEndian(span[(int)(header + 26)..]) + BinaryPrimitives.ReadUInt16LittleEndian(span[(int)(header + 28)..]);
                if (length >= 0 && length <= file.Length - data)
                {
                    var crc = Crc32.HashToUInt32(span.Slice((int)data, (int)length));
                    BinaryPrimitives.WriteUInt32LittleEndian(span[(central + 16)..], crc);
                    BinaryPrimitives.WriteUInt32LittleEndian(span[(int)(header + 14)..], crc);
                }
            }
            var next = span[(central + 4)..].IndexOf("PK\x01\x02"u8);
            central = next < 0 ? -1 : central + 4 + next;
        }
    }

    private static byte[] SmallZip(bool zip64)
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        CheckpointWriter.WriteTorch(stream, new Dictionary<string, Tensor> { ["a"] = ones([2, 3]), ["b"] = ones([2], dtype: ScalarType.Int64) },
            new([new KeyValuePair<string, object?>("n", new PlainList([1L, "x", null]))]), alwaysZip64: zip64);
        return stream.ToArray();
    }

    private static byte[] SmallSafetensors()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        CheckpointWriter.Save(folder["x.safetensors"], new Dictionary<string, Tensor> { ["x"] = ones([3]), ["y"] = ones([2, 2], dtype: ScalarType.Int64) });
        return File.ReadAllBytes(folder["x.safetensors"]);
    }
}
