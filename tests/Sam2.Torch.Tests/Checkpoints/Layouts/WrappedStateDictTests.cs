using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints.Layouts;

public class WrappedStateDictTests : FolderTests
{
    private static readonly string Nano = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");

    [TestCase("module.{0}", "")]
    [TestCase("_orig_mod.{0}", "")]
    [TestCase("module._orig_mod.{0}", "")]
    [TestCase("model.{0}", "model.")]
    [TestCase("model._orig_mod.{0}", "model.")]
    [TestCase("net.sam2.{0}", "net.sam2.")]
    public void What_a_wrapper_puts_before_every_name_is_taken_off(string pattern, string wrapper)
    {
        foreach (var (published, layout) in new (IEnumerable<(string Key, long[] Shape)>, CheckpointLayout)[]
                 {
                     (SyntheticStateDict.Published("sam2.1_hiera_s"), CheckpointLayout.Original), (HuggingFaceKeyList.Of("sam2.1_hiera_s"), CheckpointLayout.HuggingFace),
                 })
        {
            using var checkpoint = SyntheticStateDict.Open(published.Select(t => (pattern.Replace("{0}", t.Key, StringComparison.Ordinal), t.Shape)));
            Assert.That(checkpoint.StateDict.Keys, Is.EquivalentTo(SyntheticStateDict.Published("sam2.1_hiera_s").Select(t => t.Key)));
            Assert.That((checkpoint.Wrapper, checkpoint.Layout), Is.EqualTo((wrapper, layout)));
            Assert.That(ConfigInference.PublishedName(checkpoint), Is.EqualTo("sam2.1_hiera_s"));
        }
    }

    [Test]
    public void A_part_that_was_compiled_alone_is_found()
    {
        using var checkpoint = SyntheticStateDict.Open(SyntheticStateDict.Published("sam2_hiera_t")
            .Select(t => (t.Key.Replace("image_encoder.", "image_encoder._orig_mod.", StringComparison.Ordinal), t.Shape)));
        Assert.That(checkpoint.StateDict.Keys, Is.EquivalentTo(SyntheticStateDict.Published("sam2_hiera_t").Select(t => t.Key)));
    }

    [Test]
    public void What_lies_beside_a_wrapped_model_is_left_out_and_named()
    {
        var wrapped = SyntheticStateDict.Published("sam2_hiera_t").Select(t => ("model." + t.Key, t.Shape));
        using var checkpoint = SyntheticStateDict.Open([.. wrapped, ("loss.weights", [3L]), ("n_averaged", [])]);
        Assert.That(checkpoint.StateDict.Keys, Is.EquivalentTo(SyntheticStateDict.Published("sam2_hiera_t").Select(t => t.Key)));
        Assert.That(checkpoint.LeftOut, Is.EqualTo(new[] { "loss.weights", "n_averaged" }));
    }

    [TestCase("module.{0}")]
    [TestCase("module._orig_mod.{0}")]
    public void The_counter_of_PyTorch_s_averaged_models_is_left_out(string pattern)
    {
        var averaged = SyntheticStateDict.Published("sam2_hiera_t").Select(t => (pattern.Replace("{0}", t.Key, StringComparison.Ordinal), t.Shape));
        using var checkpoint = SyntheticStateDict.Open([("n_averaged", []), .. averaged]);
        Assert.That(checkpoint.StateDict.Keys, Is.EquivalentTo(SyntheticStateDict.Published("sam2_hiera_t").Select(t => t.Key)));
        Assert.That(checkpoint.LeftOut, Is.EqualTo(new[] { "n_averaged" }));
    }

    [Test]
    public void Surplus_tensors_beside_names_without_a_wrapper_stay_surplus()
    {
        using var checkpoint = SyntheticStateDict.Open([.. SyntheticStateDict.Published("sam2_hiera_t"), ("loss.weights", [3L])]);
        Assert.That(checkpoint.StateDict.Keys, Does.Contain("loss.weights"));
        Assert.That(checkpoint.LeftOut, Is.Empty);
    }

    [Test]
    public void Of_several_models_the_trained_one_is_taken_if_it_has_the_usual_name()
    {
        var keys = SyntheticStateDict.Published("sam2_hiera_t").ToList();
        using var lightning = SyntheticStateDict.Open([.. keys.Select(t => ("average." + t.Key, t.Shape)), .. keys.Select(t => ("model." + t.Key, t.Shape))]);
        Assert.That((lightning.Wrapper, lightning.LeftOut.Count), Is.EqualTo(("model.", keys.Count)));
        using var several = SyntheticStateDict.Open([.. keys.Select(t => ("student." + t.Key, t.Shape)), .. keys.Select(t => ("teacher." + t.Key, t.Shape))]);
        Assert.That(() => ConfigInference.Infer(several), Throws.TypeOf<CheckpointException>().With.Message.Contains("begin with 'student.'"));
    }

    [Test]
    public void Names_that_become_equal_are_refused()
    {
        var keys = SyntheticStateDict.Published("sam2_hiera_t").ToList();
        Assert.That(() => SyntheticStateDict.Open([.. keys, ("module." + keys[0].Key, keys[0].Shape)]), Throws.TypeOf<CheckpointException>().With.Message.Contains(keys[0].Key).And.Message.Contains("twice"));
    }

    [Test]
    public void What_trainers_save_loads()
    {
        PythonTorch.Run($$"""
            import torch
            weights = torch.load(r"{{Nano}}", map_location="cpu")["model"]
            parameters = [torch.nn.Parameter(v.clone()) for k, v in weights.items() if "gaussian" not in k]
            optimizer = torch.optim.AdamW([{"params": parameters[:9], "lr": 1e-4}, {"params": parameters[9:]}], lr=5e-6)
            for p in parameters[:20]: p.grad = torch.zeros_like(p)
            optimizer.step()
            saved = dict(
                original={"model": weights, "optimizer": optimizer.state_dict(), "epoch": 2, "loss": {"all": dict()}, "steps": {"train": 5, "val": 0}, "time_elapsed": 1.5,
                          "best_meter_values": {}, "scaler": {"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2000, "_growth_tracker": 0} },
                lightning={"state_dict": {"model." + k: v for k, v in weights.items()}, "pytorch-lightning_version": "2.4.0", "loops": {"fit_loop": dict(state_dict=dict())}, "optimizer_states": []},
                parallel={"model": {"module." + k: v for k, v in weights.items()}, "ema": {k: v * 2 for k, v in weights.items()}, "epoch": 3},
                averaged={"model": None, "ema": weights, "updates": 7},
                inner={"ema": {"module": weights, "decay": 0.99} },
                entitled={"model": "sam2.1_hiera_nano", "state_dict": weights, "config": {"_target_": "my.train.Trainer", "lr": 1} },
                named={"model_state_dict": weights, "epoch": 3})
            for name, value in saved.items(): torch.save(value, rf"{{Folder.Path}}/{name}.pt")
            """);
        using var expected = Checkpoint.Open(Nano);
        foreach (var name in new[] { "original", "lightning", "parallel", "averaged", "inner", "entitled", "named" })
        {
            using var actual = Checkpoint.Open(Folder[name + ".pt"]);
            SameTensors.Assert(actual, expected);
            Assert.That(ConfigInference.PublishedName(actual), Is.EqualTo("sam2.1_hiera_nano"), name);
            using var model = ModelLoader.Load(Folder[name + ".pt"]);
            // What is beside the weights can be written with them again.
            CheckpointWriter.Save(Folder["again.pt"], model, actual.Entries);
        }
    }

    [Test]
    public void Mixed_and_half_precision_load_as_their_values()
    {
        using var scope = NewDisposeScope();
        using var original = Checkpoint.Open(Nano);
        ScalarType[] types = [ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float64];
        var mixed = original.StateDict.Select((t, i) => (t.Key, Value: t.Value.Load().to_type(types[i % types.Length]))).ToDictionary(t => t.Key, t => t.Value);
        foreach (var name in new[] { "mixed.pt", "mixed.safetensors" })
        {
            CheckpointWriter.Save(Folder[name], mixed, original.Entries);
            using var model = ModelLoader.Load(Folder[name]);
            foreach (var (key, value) in model.state_dict())
                Assert.That(value.Equals(mixed[key].to_type(ScalarType.Float32)), Is.True, key);
        }
    }

    [Test]
    public void Integers_where_weights_belong_are_refused()
    {
        using var scope = NewDisposeScope();
        using var original = Checkpoint.Open(Nano);
        var weights = original.StateDict.ToDictionary(t => t.Key, t => t.Value.Load());
        const string Key = "image_encoder.trunk.blocks.0.attn.qkv.weight";
        weights[Key] = weights[Key].to_type(ScalarType.Int8);
        CheckpointWriter.Save(Folder["int8.pt"], weights, original.Entries);
        Assert.That(() => ModelLoader.Load(Folder["int8.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains(Key).And.Message.Contains("quantised"));
    }
}
