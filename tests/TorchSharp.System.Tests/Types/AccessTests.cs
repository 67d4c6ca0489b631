using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Types;

/// <summary>Reading and writing a tensor's memory.</summary>
public sealed class AccessTests : TensorTest
{
    private static readonly Nd Values = Nd.Integers(1, 0, 100, 3, 4);

    [Test]
    public void Elements_are_read_by_their_flat_position()
    {
        foreach (var layout in Layouts.All)
        {
            Tensor Of(ScalarType type) => Values.ToTensor(type, layout);
            var expected = Values.Data[5];
            Assert.Multiple(() =>
            {
                Assert.That(Of(ScalarType.Byte).ReadCpuByte(5), Is.EqualTo((byte)expected));
                Assert.That(Of(ScalarType.Int8).ReadCpuSByte(5), Is.EqualTo((sbyte)expected));
                Assert.That(Of(ScalarType.Int16).ReadCpuInt16(5), Is.EqualTo((short)expected));
                Assert.That(Of(ScalarType.Int32).ReadCpuInt32(5), Is.EqualTo((int)expected));
                Assert.That(Of(ScalarType.Int64).ReadCpuInt64(5), Is.EqualTo((long)expected));
                // TorchSharp reads the raw memory here.
                Assert.That(Of(ScalarType.Float16).contiguous().ReadCpuFloat16(5), Is.EqualTo((float)expected));
                Assert.That(Of(ScalarType.Float32).ReadCpuSingle(5), Is.EqualTo((float)expected));
                Assert.That(Of(ScalarType.Float64).ReadCpuDouble(5), Is.EqualTo(expected));
                Assert.That((Of(ScalarType.Float64) >= 0).ReadCpuBool(5), Is.True);
                Assert.That(Of(ScalarType.Int64).ReadCpuValue<long>(5), Is.EqualTo((long)expected));
            });
        }
    }

    [Test]
    public void An_accessor_enumerates_copies_and_compares()
    {
        var x = Values.ToTensor(ScalarType.Float32);
        using var a = x.data<float>();
        var floats = Values.Data.Select(v => (float)v).ToArray();
        var (copy, span) = (new float[12], new float[12]);
        a.CopyTo(copy);
        a.CopyTo(span.AsSpan());
        var nd = (float[,])a.ToNDArray();
        Assert.Multiple(() =>
        {
            Assert.That(a.ToList(), Is.EqualTo(floats));
            Assert.That(Enumerate(a), Is.EqualTo(floats));
            Assert.That(copy, Is.EqualTo(floats));
            Assert.That(span, Is.EqualTo(floats));
            Assert.That(nd[1, 2], Is.EqualTo(floats[6]));
            Assert.That(a.IsReadOnly, Is.False);
            Assert.That(a == x.clone().data<float>(), Is.True);
            Assert.That(a != (x + 1).data<float>(), Is.True);
        });
    }

    private static List<float> Enumerate(TorchSharp.Utils.TensorAccessor<float> accessor)
    {
        var seen = new List<float>();
        foreach (var value in accessor)
            seen.Add(value);
        return seen;
    }

    [Test]
    public void An_accessor_writes_arrays_and_spans()
    {
        var x = torch.zeros(2, 3);
        x.data<float>().CopyFrom(new float[] { 1, 2, 3, 4, 5, 6 });
        Expect.Exact(x, Nd.Range(2, 3).Map(v => v + 1));
        x.data<float>().CopyFrom((ReadOnlySpan<float>)[6, 5, 4, 3, 2, 1]);
        Expect.Exact(x, Nd.Range(2, 3).Map(v => 6 - v));
    }

    [Test]
    public void The_memory_goes_through_streams()
    {
        var x = Values.ToTensor(ScalarType.Float32);
        using var stream = new MemoryStream();
        x.WriteBytesToStream(stream, 16);
        Assert.That(stream.ToArray(), Is.EqualTo(x.bytes.ToArray()));
        stream.Position = 0;
        var y = torch.zeros(3, 4);
        y.ReadBytesFromStream(stream, 16);
        Expect.Exact(y, Values);
    }

    [Test]
    public void Indexers_take_up_to_six_numbers_or_an_array()
    {
        var values = Nd.Range(2, 2, 2, 2, 2);
        var x = values.ToTensor();
        Expect.Exact(x[1, 0, 1, 1], Nd.Of([2], i => values[1, 0, 1, 1, i[0]]));
        Expect.Exact(x[new long[] { 1, 0, 1, 1 }], Nd.Of([2], i => values[1, 0, 1, 1, i[0]]));
        x[1, 0, 1] = torch.tensor(-1.0);
        x[1, 1, 1, 1] = torch.tensor(-2.0);
        x[new long[] { 0, 0 }] = torch.tensor(-3.0);
        Expect.Exact(x, Nd.Of(values.Shape, i => (i[0], i[1], i[2], i[3]) switch
        {
            (1, 0, 1, _) => -1,
            (1, 1, 1, 1) => -2,
            (0, 0, _, _) => -3,
            _ => values[i],
        }));
    }

    [Test]
    public void Index_expressions_convert_from_ranges_and_pairs()
    {
        var x = Values.ToTensor();
        Expect.Exact(x[TensorIndex.Slice(1..3)], Nd.Of([2, 4], i => Values[i[0] + 1, i[1]]));
        Expect.Exact(x[TensorIndex.Slice(((int?)1, (int?)null))], Nd.Of([2, 4], i => Values[i[0] + 1, i[1]]));
        Expect.Exact(x[.., ^1], Nd.Of([3], i => Values[i[0], 3]));
        Expect.Exact(x[(1, null), (0, 2)], Nd.Of([2, 2], i => Values[i[0] + 1, i[1]]));
        Expect.Exact(x[TensorIndex.Bool(true)], Values.Reshape(1, 3, 4));
        Expect.Exact(x.index(TensorIndex.Single(1), TensorIndex.Colon), Nd.Of([4], i => Values[1, i[0]]));
    }

    [Test]
    public void Index_put_takes_tensors_numbers_and_every_kind_of_index()
    {
        var rows = torch.tensor(new long[] { 0, 2 });
        Check(x => x.index_put_(-1, rows), i => i[0] != 1);
        Check(x => x.index_put_(-1, TensorIndex.Single(1), TensorIndex.Slice(1, 3)), i => i[0] == 1 && i[1] is 1 or 2 && i[0] == 1);
        Check(x => x.index_put_(torch.tensor(-1.0), TensorIndex.Colon, TensorIndex.Single(2)), i => i[1] == 2);

        static void Check(Func<Tensor, Tensor> write, Func<long[], bool> written)
        {
            var x = Values.ToTensor();
            write(x);
            Expect.Exact(x, Nd.Of(Values.Shape, i => written(i) ? -1 : Values[i]));
        }
    }
}
