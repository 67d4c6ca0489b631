using NUnit.Framework;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Training.Augmentations;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests.Batches;

public class BatchMixtureTests
{
    private static readonly ClipSampling Videos = new(Clips: 2, Frames: 3, MaxObjects: 2, FlipProbability: 0.5, ReverseProbability: 0.5);
    private static readonly ClipSampling Images = Videos with { Frames = 1, Clips = 3 };

    [Test]
    public void Batches_do_not_depend_on_how_many_are_made_ahead_or_where_the_run_was_resumed()
    {
        var expected = Take(Mixture(ahead: 0), 0, 12);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Take(Mixture(ahead: 4), 0, 12), Is.EqualTo(expected));
            Assert.That(Take(Mixture(ahead: 2), 7, 5), Is.EqualTo(expected[7..]));
            Assert.That(expected, Is.Unique);
        }
    }

    [Test]
    public void A_source_can_be_rewound()
    {
        using var mixture = Mixture(ahead: 2);
        var first = Digests(mixture, 4);
        mixture.Seek(1);
        Assert.That(Digests(mixture, 3), Is.EqualTo(first[1..]));
    }

    [Test]
    public void Weights_decide_how_often_sources_are_used()
    {
        using var mixture = new BatchMixture([(Sampler(Videos), new ConstantSchedule(1)), (Sampler(Images), new ConstantSchedule(3))], 1, 100, 2);
        int images = 0;
        for (int i = 0; i < 60; i++)
        {
            using var batch = mixture.Next(default);
            images += batch.FrameCount == 1 ? 1 : 0;
        }

        Assert.That(images, Is.InRange(35, 55));
    }

    [Test]
    public void Batches_hold_normalised_frames_and_masks_that_fit_them()
    {
        using var sampler = new BatchMixture([(Sampler(Videos), new ConstantSchedule(1))], 1, 100, 1);
        using var batch = sampler.Next(default);
        using var scope = NewDisposeScope();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(batch.Images.shape, Is.EqualTo(new long[] { 3, 2, 3, 32, 32 }));
            Assert.That(batch.Masks.shape, Is.EqualTo(new long[] { 3, batch.ObjectCount, 32, 32 }));
            Assert.That(batch.Masks.dtype, Is.EqualTo(ScalarType.Bool));
            Assert.That(batch.ObjectClip, Has.Count.EqualTo(batch.ObjectCount).And.Ordered);
            Assert.That(batch.Masks[0].flatten(1).any(1).all().item<bool>(), "every object is seen on the first frame");
            Assert.That(batch.Images.abs().max().item<float>(), Is.LessThan(3));
        }
    }

    [Test]
    public void Clips_follow_time_forwards_and_backwards_with_their_stride_and_mirror_masks_with_pictures()
    {
        var sampler = new ClipSampler([new([new Ticking(40)])], Videos with { Clips = 1, Stride = 3 }, 32, seed: 1);
        var steps = new HashSet<float>();
        var mirrored = new HashSet<bool>();
        for (int i = 0; i < 20; i++)
        {
            using var scope = NewDisposeScope();
            using var batch = sampler.Draw(i);

            // The frame's number is its brightness; the object is its left half, which is brighter.
            var red = (batch.Images[TensorIndex.Colon, 0, 0] * 0.229f) + 0.485f;
            var times = red.mean([1, 2]) * 255;
            steps.Add(MathF.Round(times[1].item<float>() - times[0].item<float>()));
            steps.Add(MathF.Round(times[2].item<float>() - times[1].item<float>()));
            var inside = red[0].masked_select(batch.Masks[0, 0]).mean().item<float>();
            Assert.That(inside, Is.GreaterThan(red[0].mean().item<float>()));
            mirrored.Add(batch.Masks[0, 0, 0, 31].item<bool>());
        }

        Assert.That(steps, Is.EquivalentTo(new[] { 3f, -3f }));
        Assert.That(mirrored, Is.EquivalentTo(new[] { true, false }));
    }

    [Test]
    public void Samples_that_cannot_be_read_are_reported_once_and_replaced()
    {
        IAnnotatedVideo[] videos = [new Ticking(10), new Ticking(10) { Damaged = true }, new Ticking(2)];
        var reports = new RecordedProgress();
        using var mixture = new BatchMixture([(new ClipSampler([new(videos)], Videos, 32, 1), new ConstantSchedule(1))], 1, 100, 2, reports);
        for (int i = 0; i < 12; i++)
        {
            using var batch = mixture.Next(default);
            Assert.That(batch.ClipCount, Is.EqualTo(2));
        }

        Assert.That(reports.Messages, Has.Count.EqualTo(2).And.Some.Contains("mask is torn").And.Some.Contains("has 2 annotated frames"));
    }

    [Test]
    public void A_data_set_of_nothing_but_damage_stops_the_run()
    {
        using var mixture = new BatchMixture(
            [(new ClipSampler([new([new Ticking(10) { Damaged = true }])], Videos, 32, 1), new ConstantSchedule(1))], 1, 100, 2);
        Assert.That(() => mixture.Next(default), Throws.TypeOf<DatasetException>().With.Message.Contains("mask is torn"));
    }

    [Test]
    public void Batches_are_made_by_several_threads_at_once_but_only_so_many_ahead()
    {
        using var together = new CountdownEvent(2);
        int begun = 0, alone = 0;
        var video = new Ticking(10)
        {
            Reading = () =>
            {
                // The first two to come wait for each other: one thread alone would wait in vain.
                if (Interlocked.Increment(ref begun) <= 2)
                {
                    together.Signal();
                    alone += together.Wait(TimeSpan.FromSeconds(30)) ? 0 : 1;
                }
            },
        };
        var sampling = Videos with { Clips = 1, Frames = 1 };
        using var mixture = new BatchMixture([(new ClipSampler([new([video])], sampling, 32, 1), new ConstantSchedule(1))], 1, 100, ahead: 3);
        mixture.Next(default).Dispose();
        Assert.That(() => Volatile.Read(ref begun), Is.EqualTo(4).After(30_000, 10), "one handed out, three ahead");
        Thread.Sleep(200);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(begun, Is.EqualTo(4), "no more are begun before the next one is wanted");
            Assert.That(alone, Is.Zero);
        }
    }

    [Test]
    public void Augmented_batches_have_the_models_size_whatever_size_frames_have_and_do_not_depend_on_the_thread()
    {
        var sampling = Videos with { Augmentations = [new RandomAffine { Degrees = 25, Shear = 20 }, new RandomResize { Sizes = [40, 60] }, new ColorJitter { Brightness = 0.1, ConsistentTransform = false }] };
        BatchMixture Augmented(int ahead) => new(
            [(new ClipSampler([new(new ProceduralDataset(20, 1, new ProceduralOptions { Width = 48, Height = 36, FrameCount = 4, MinRadius = 0.2 }))], sampling, 32, 5), new ConstantSchedule(1))], 9, 100, ahead);
        var expected = Take(Augmented(0), 0, 6);
        Assert.That(Take(Augmented(3), 2, 4), Is.EqualTo(expected[2..]));
        using var mixture = Augmented(1);
        using var batch = mixture.Next(default);
        using var scope = NewDisposeScope();
        Assert.That(batch.Images.shape, Is.EqualTo(new long[] { 3, 2, 3, 32, 32 }));
        Assert.That(batch.Masks.shape, Is.EqualTo(new long[] { 3, batch.ObjectCount, 32, 32 }));
        Assert.That(batch.Images.abs().max().item<float>(), Is.LessThan(3));
    }

    [Test]
    public void A_mask_of_another_size_than_its_frame_is_named()
    {
        var reports = new RecordedProgress();
        IAnnotatedVideo[] videos = [new Ticking(10), new Ticking(10) { MaskWidth = 16 }];
        using var mixture = new BatchMixture([(new ClipSampler([new(videos)], Videos, 32, 1), new ConstantSchedule(1))], 1, 100, 0, reports);
        for (int i = 0; i < 4; i++)
        {
            mixture.Next(default).Dispose();
        }

        Assert.That(reports.Messages, Has.Some.Contains("ticking-10 is 16×32, but the frame is 32×32"));
    }

    [Test]
    public void Batches_leave_no_tensors_behind()
    {
        // The counts are per thread, so without the background.
        var sampler = Sampler(Videos);
        sampler.Draw(0).Dispose();
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (int i = 1; i < 6; i++)
        {
            sampler.Draw(i).Dispose();
        }

        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    private static ClipSampler Sampler(ClipSampling sampling) => new(
        [new(new ProceduralDataset(20, 1, new ProceduralOptions { Width = 32, Height = 32, FrameCount = Math.Max(4, sampling.Frames), MinRadius = 0.2 }))],
        sampling, 32, seed: 5);

    private static BatchMixture Mixture(int ahead) => new(
        [(Sampler(Videos), new ConstantSchedule(1)), (Sampler(Images), new ConstantSchedule(1))], 9, 100, ahead);

    private static string[] Take(BatchMixture mixture, long from, int count)
    {
        using (mixture)
        {
            mixture.Seek(from);
            return Digests(mixture, count);
        }
    }

    private static string[] Digests(BatchMixture mixture, int count)
    {
        var digests = new string[count];
        for (int i = 0; i < count; i++)
        {
            using var scope = NewDisposeScope();
            using var batch = mixture.Next(default);
            digests[i] = $"{string.Join(' ', batch.Names)} {batch.Images.to(float64).sum().item<double>():R} {batch.Masks.sum().item<long>()}";
        }

        return digests;
    }

    /// <summary>A video whose frames are as bright as their number, brighter in the left half, which is the object.</summary>
    private sealed class Ticking(int frames) : IAnnotatedVideo
    {
        public bool Damaged { get; init; }

        /// <summary>Called when a frame is read.</summary>
        public Action? Reading { get; init; }

        public int MaskWidth { get; init; } = 32;

        public string Name => $"ticking-{frames}";

        public int FrameCount => frames;

        public string FrameName(int frame) => $"{frame:D5}";

        public RgbImage ReadFrame(int frame)
        {
            Reading?.Invoke();
            var image = new RgbImage(32, 32);
            for (int i = 0; i < image.Pixels.Length; i++)
            {
                image.Pixels[i] = (byte)(frame + ((i / 3 % 32) < 16 ? 100 : 20));
            }

            return image;
        }

        public bool IsAnnotated(int frame) => true;

        public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame)
        {
            if (Damaged)
            {
                throw new DatasetException("The mask is torn.");
            }

            var mask = new BinaryMask(32, MaskWidth);
            for (int y = 0; y < 32; y++)
            {
                mask.Row(y)[..16].Fill(1);
            }

            return new Dictionary<int, BinaryMask> { [1] = mask };
        }
    }
}
